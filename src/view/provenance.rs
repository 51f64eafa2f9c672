//! Where a comment comes from: the spec, the commit and the run, as far as the environment reveals them.

use serde::{Deserialize, Serialize};

/// What a reader needs to find the run.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Provenance {
    /// The spec file; `None` if there are several.
    pub file: Option<String>,
    pub commit: Option<String>,
    pub run: Option<PipelineRun>,
}

/// A pipeline run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PipelineRun {
    /// `run 4711`
    pub name: String,
    pub url: Option<String>,
}

impl Provenance {
    /// What GitHub Actions, GitLab CI and Azure Pipelines say about themselves.
    pub fn from_environment(variable: impl Fn(&str) -> Option<String>) -> Self {
        let variable = |name: &str| variable(name).filter(|value| !value.is_empty());
        let all = |names: &[&str]| names.iter().map(|name| variable(name)).collect::<Option<Vec<String>>>();
        let github = || {
            let name = format!("run {}", variable("GITHUB_RUN_ID")?);
            let url = all(&["GITHUB_SERVER_URL", "GITHUB_REPOSITORY", "GITHUB_RUN_ID"])
                .map(|parts| format!("{}/{}/actions/runs/{}", parts[0], parts[1], parts[2]));
            Some(PipelineRun { name, url })
        };
        let gitlab = || {
            let url = variable("CI_JOB_URL")?;
            let name = variable("CI_JOB_ID").map_or("job".to_owned(), |id| format!("job {id}"));
            Some(PipelineRun { name, url: Some(url) })
        };
        let azure = || {
            let name = format!("build {}", variable("BUILD_BUILDID")?);
            let url = all(&["SYSTEM_TEAMFOUNDATIONCOLLECTIONURI", "SYSTEM_TEAMPROJECT", "BUILD_BUILDID"])
                .map(|parts| {
                    let server = parts[0].trim_end_matches('/');
                    format!("{server}/{}/_build/results?buildId={}", parts[1], parts[2]).replace(' ', "%20")
                });
            Some(PipelineRun { name, url })
        };
        Self {
            file: None,
            commit: ["GITHUB_SHA", "CI_COMMIT_SHA", "BUILD_SOURCEVERSION"].into_iter().find_map(variable),
            run: github().or_else(gitlab).or_else(azure),
        }
    }

    #[must_use]
    pub fn with_file(self, file: impl Into<String>) -> Self {
        Self { file: Some(file.into()), ..self }
    }
}

impl PipelineRun {
    /// The address, unless something in it could end a link or look like another one.
    pub fn link(&self) -> Option<&str> {
        let is_plain = |c: char| c.is_ascii_alphanumeric() || "-._~:/?&=%".contains(c);
        let url = self.url.as_deref()?;
        (url.starts_with("https://") || url.starts_with("http://")).then_some(())?;
        url.chars().all(is_plain).then_some(url)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(variables: &[(&str, &str)]) -> Provenance {
        Provenance::from_environment(|name| {
            variables.iter().find(|(known, _)| *known == name).map(|(_, value)| (*value).to_owned())
        })
    }

    #[test]
    fn each_pipeline_names_its_commit_and_its_run() {
        let link = |provenance: &Provenance| {
            provenance.run.as_ref().and_then(|run| run.link()).unwrap_or_default().to_owned()
        };
        let github = of(&[
            ("GITHUB_SHA", "0123456789abcdef"),
            ("GITHUB_SERVER_URL", "https://git.example"),
            ("GITHUB_REPOSITORY", "team/roles"),
            ("GITHUB_RUN_ID", "4711"),
        ]);
        assert_eq!(github.commit.as_deref(), Some("0123456789abcdef"));
        assert_eq!(link(&github), "https://git.example/team/roles/actions/runs/4711");
        let gitlab = of(&[("CI_COMMIT_SHA", "abc"), ("CI_JOB_URL", "https://lab.example/team/-/jobs/7")]);
        assert_eq!(
            (gitlab.commit.as_deref(), link(&gitlab).as_str()),
            (Some("abc"), "https://lab.example/team/-/jobs/7")
        );
        let azure = of(&[
            ("BUILD_SOURCEVERSION", "def"),
            ("SYSTEM_TEAMFOUNDATIONCOLLECTIONURI", "https://dev.example/org/"),
            ("SYSTEM_TEAMPROJECT", "Contact Centre"),
            ("BUILD_BUILDID", "9"),
        ]);
        assert_eq!(link(&azure), "https://dev.example/org/Contact%20Centre/_build/results?buildId=9");
        assert_eq!(of(&[]), Provenance::default());
    }

    #[test]
    fn an_address_that_could_end_the_link_is_none() {
        for url in ["https://lab.example/) [x](http://evil.example", "javascript:alert(1)", "https://a b"] {
            let run = PipelineRun { name: "job".to_owned(), url: Some(url.to_owned()) };
            assert_eq!(run.link(), None, "{url}");
        }
    }
}
