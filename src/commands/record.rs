//! What `apply` and `destroy` did, as a report.

use super::carry_out::{Attempt, Carried};
use super::options::ReportFormat;
use super::report::provenance;
use super::reports::Reports;
use super::session::Observed;
use super::specs::SpecSource;
use super::{CommandError, Status, fleet};
use crate::model::OrganizationReading;
use crate::plan::Plan;
use crate::render;
use crate::render::output::{Output, OutputError};
use crate::render::style::{WARNING, paint};
use crate::spec::Spec;
use crate::view::{ApplyView, ErrorView};

/// The report of one spec. Text is printed as it is produced, other formats at the end.
pub(super) struct Record<'a> {
    pub view: ApplyView,
    format: ReportFormat,
    output: &'a Output,
}

impl<'a> Record<'a> {
    pub(super) fn new(name: &'static str, spec: &Spec, format: ReportFormat, output: &'a Output) -> Self {
        let aws = &spec.aws;
        Self { view: ApplyView::new(name, &spec.name, aws.account_id.as_str(), &aws.region), format, output }
    }

    /// Prints a part of a text report.
    pub(super) fn text(&self, text: &str) -> Result<(), OutputError> {
        match self.format {
            ReportFormat::Text => self.output.result(text),
            ReportFormat::Json | ReportFormat::Markdown | ReportFormat::Html => Ok(()),
        }
    }

    /// Records what became of the changes, and how far the plan was carried out.
    pub(super) fn made(&mut self, plan: &Plan, attempt: Attempt) -> Result<Carried, CommandError> {
        let Attempt { outcomes, read_back, ended } = attempt;
        self.view.set_outcomes(plan, outcomes);
        self.view.read_back = read_back;
        ended
    }

    /// Without credentials for the organization only AWS's side was carried out.
    pub(super) fn left_in_genesys(&mut self, observed: &Observed, then: &str) -> Status {
        let OrganizationReading::NotRead(why) = &observed.live.organization else { return Status::Done };
        self.output.message(&format!(
            "{} Genesys Cloud's side was neither read nor changed: {why}; {then}\n",
            paint(WARNING, "not yet")
        ));
        self.view.left_in_genesys_cloud = Some(why.clone());
        Status::Refused
    }

    fn end(&mut self, ended: &Result<Status, CommandError>) {
        match ended {
            Ok(status) => self.view.end(*status, None),
            Err(error) => self.view.end(error.status(), Some(error_view(error, self.output))),
        }
    }

    /// Prints it, and writes the files requested for it.
    pub(super) fn finish(
        mut self,
        ended: Result<Status, CommandError>,
        reports: &Reports,
    ) -> Result<Status, CommandError> {
        self.end(&ended);
        let Self { view, format, output } = self;
        let page = |format| match format {
            ReportFormat::Json => format!("{:#}\n", output.masked_json(&render::json::apply(&view))),
            ReportFormat::Text | ReportFormat::Markdown | ReportFormat::Html => {
                render::markdown::applied(&[(None, &view)], &[], &provenance(), &output.masker())
            }
        };
        if format != ReportFormat::Text {
            output.result(&page(format))?;
        }
        reports.write(output, page)?;
        ended
    }
}

fn error_view(error: &CommandError, output: &Output) -> ErrorView {
    let help = error.help().map(|help| output.remedy(&help));
    ErrorView { message: error.with_causes(), help, exit_status: error.status() as i32 }
}

/// One of several specs: its file, its report, and how it ended.
pub(super) type Member<'a> = (SpecSource, Record<'a>, Option<Result<Status, CommandError>>);

/// Prints the reports of several specs, and writes the files requested for them.
pub(super) fn finish_all(
    name: (&str, &str),
    members: Vec<Member<'_>>,
    failed: &[(SpecSource, CommandError)],
    status: Status,
    (format, reports): (ReportFormat, &Reports),
    output: &Output,
) -> Result<Status, CommandError> {
    let views: Vec<(String, ApplyView)> = members
        .into_iter()
        .map(|(file, mut record, ended)| {
            if let Some(ended) = &ended {
                record.end(ended);
            }
            (file.display(), record.view)
        })
        .collect();
    let page = |format| match format {
        ReportFormat::Json => {
            let made = views.iter().map(|(file, view)| (file.clone(), Ok(render::json::apply(view))));
            let failed = failed.iter().map(|(file, error)| (file.display(), Err(error)));
            let mut all: Vec<(String, Result<_, &CommandError>)> = made.chain(failed).collect();
            all.sort_by(|(one, _), (other, _)| one.cmp(other));
            let all = all.iter().map(|(file, made)| (file.as_str(), made.clone())).collect();
            format!("{:#}\n", output.masked_json(&fleet::json(name.0, name.1, all, status)))
        }
        ReportFormat::Text | ReportFormat::Markdown | ReportFormat::Html => {
            let all: Vec<(Option<&str>, &ApplyView)> =
                views.iter().map(|(file, view)| (Some(file.as_str()), view)).collect();
            let failed: Vec<(String, String)> =
                failed.iter().map(|(file, error)| (file.display(), error.with_causes())).collect();
            render::markdown::applied(&all, &failed, &provenance(), &output.masker())
        }
    };
    if format != ReportFormat::Text {
        output.result(&page(format))?;
    }
    reports.write(output, page)?;
    Ok(status)
}
