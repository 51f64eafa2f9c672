//! Plans for one role.

use super::*;
use crate::arn::Arn;
use crate::model::{AttachedPolicy, LiveState, Orphans, PolicyVersion};
use crate::plan::accept::trust_parties;
use crate::plan::genesys::GenesysNotice;
use crate::plan::model::{Blocker, HowToAccept, Owned, Owner, Widening};
use crate::plan::testing::{converged, desired, document, version};
use crate::plan::{Party, diff};
use crate::policy::template::{closed_trust, invoke_policy};
use crate::spec::{MANAGED_BY_KEY, SPEC_KEY};

fn everything() -> Document {
    document(r#"{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"*","Resource":"*"}}"#)
}

fn plan(live: Live, desired: &DesiredState) -> RolePlan {
    let roles = [(desired.roles[0].role.name.clone(), live)].into();
    diff(&LiveState { roles, ..LiveState::default() }, desired).roles.remove(0)
}

fn operations(plan: &RolePlan) -> Vec<&'static str> {
    plan.changes.iter().map(Change::operation).collect()
}

fn set_document(live: &mut Live, document: &Document) {
    let policy = &mut live.policy.as_mut().unwrap().policy;
    policy.document = document.clone();
    live.role.as_mut().unwrap().attached.get_mut(&policy.arn).unwrap().document = document.clone();
}

#[test]
fn plan_is_empty_when_live_state_is_what_is_wanted() {
    let plan = plan(converged(), &desired(""));
    assert_eq!((plan.changes, plan.blockers, plan.notices), (vec![], vec![], vec![]));
    assert!(!plan.access.is_wider());
}

#[test]
fn plan_is_empty_when_live_documents_are_only_written_otherwise() {
    let mut live = converged();
    let role = live.role.as_mut().unwrap();
    role.role.assume_role_policy = document(
        r#"{"Statement":{"Condition":{"StringEquals":{"STS:ExternalID":["2f9c1c5e-0b6c-4a8e-9d51-7f0e3c2b1a90"]}},
            "Sid":"","Action":["STS:assumeRole"],"Principal":{"AWS":["765628985471"]},"Effect":"Allow"},
            "Version":"2012-10-17"}"#,
    );
    assert_eq!(operations(&plan(live, &desired(""))), Vec::<&str>::new());
}

#[test]
fn everything_is_created_when_nothing_is_there_and_attached_last() {
    let plan = plan(Live::default(), &desired(""));
    assert_eq!(operations(&plan), ["CreatePolicy", "CreateRole", "AttachRolePolicy"]);
    assert!(plan.access.is_wider());
}

#[test]
fn a_stranger_is_shut_out_before_new_permissions_are_given() {
    let mut live = converged();
    live.role.as_mut().unwrap().role.assume_role_policy = document(
        r#"{"Version":"2012-10-17","Statement":{"Effect":"Allow","Principal":"*","Action":"sts:AssumeRole"}}"#,
    );
    set_document(&mut live, &document(r#"{"Version":"2012-10-17","Statement":[]}"#));
    assert_eq!(operations(&plan(live, &desired(""))), ["UpdateAssumeRolePolicy", "CreatePolicyVersion"]);
}

#[test]
fn where_both_change_both_ways_the_policy_first_becomes_what_is_common() {
    let wanted = desired("");
    let function = wanted.roles[0].functions[0].to_string();
    let mut live = converged();
    let other_id = r#"{"Version":"2012-10-17","Statement":{"Effect":"Allow","Principal":{"AWS":"765628985471"},
        "Action":"sts:AssumeRole","Condition":{"StringEquals":{"sts:ExternalId":"another"}}}}"#;
    live.role.as_mut().unwrap().role.assume_role_policy = document(other_id);
    live.policy.as_mut().unwrap().versions = [5, 4, 3, 2, 1].map(|n| version(n, n == 5)).to_vec();
    let invoke = |functions: &str| {
        document(&format!(
            r#"{{"Version":"2012-10-17","Statement":{{"Effect":"Allow","Action":"lambda:InvokeFunction","Resource":{functions}}}}}"#
        ))
    };
    // Nothing in common.
    set_document(&mut live, &invoke(r#""arn:aws:lambda:us-east-1:111122223333:function:old""#));
    let plan_of = |live: &Live| plan(live.clone(), &wanted).changes;
    let between = |changes: &[Change]| match changes {
        [
            Change::Iam(IamChange::DeletePolicyVersion { version: first, .. }),
            Change::Iam(IamChange::DeletePolicyVersion { version: second, .. }),
            Change::Iam(IamChange::CreatePolicyVersion { document: to, .. }),
            Change::Iam(IamChange::UpdateAssumeRolePolicy { .. }),
            Change::Iam(IamChange::CreatePolicyVersion { document: from, .. }),
        ] => {
            assert_eq!((first.as_str(), second.as_str()), ("v1", "v2"));
            assert_eq!(to.after, from.before);
            to.after.clone()
        }
        other => panic!("{other:?}"),
    };
    let changes = plan_of(&live);
    assert_eq!(
        changes.iter().map(Change::operation).collect::<Vec<_>>(),
        ["UpdateAssumeRolePolicy", "DeletePolicyVersion", "CreatePolicyVersion", "UpdateAssumeRolePolicy"]
    );
    assert!(
        matches!(&changes[0], Change::Iam(IamChange::UpdateAssumeRolePolicy { document, .. }) if document.after == closed_trust())
    );
    // One function in common, among desired ones that are not all there.
    let mut more = desired("");
    more.roles[0].functions.push("arn:aws:lambda:us-east-1:111122223333:function:new".parse().unwrap());
    more.roles[0].policy.document = invoke_policy(&more.roles[0].functions);
    set_document(
        &mut live,
        &invoke(&format!(r#"["arn:aws:lambda:us-east-1:111122223333:function:old","{function}"]"#)),
    );
    let kept = between(&plan(live, &more).changes);
    assert_eq!(kept, invoke_policy(&[function.parse().unwrap()]));
}

#[test]
fn permissions_are_narrowed_before_somebody_is_let_in() {
    let mut live = converged();
    live.role.as_mut().unwrap().role.assume_role_policy =
        document(r#"{"Version":"2012-10-17","Statement":[]}"#);
    set_document(&mut live, &everything());
    assert_eq!(operations(&plan(live, &desired(""))), ["CreatePolicyVersion", "UpdateAssumeRolePolicy"]);
}

#[test]
fn narrowing_is_not_called_widening() {
    let mut live = converged();
    set_document(&mut live, &everything());
    let plan = plan(live, &desired(""));
    assert_eq!(operations(&plan), ["CreatePolicyVersion"]);
    assert!(!plan.access.is_wider());
}

fn attached(name: &str, tags: Tags) -> Box<AttachedPolicy> {
    Box::new(AttachedPolicy { name: name.to_owned(), document: everything(), tags })
}

#[test]
fn a_policy_that_the_spec_made_under_another_name_blocks() {
    let mut live = converged();
    let tags = live.role.as_ref().unwrap().role.tags.clone();
    let former: Arn = "arn:aws:iam::111122223333:policy/former".parse().unwrap();
    live.role.as_mut().unwrap().attached.insert(former.clone(), attached("former", tags));
    let wanted = desired("extra_permissions = \"remove\"");
    let blockers = plan(live.clone(), &wanted).blockers;
    assert!(
        matches!(blockers.as_slice(), [Blocker::PolicyName { live, .. }] if *live == former),
        "{blockers:?}"
    );
    // The policy of another role in the spec is just one too many.
    let mut both = wanted.clone();
    both.roles.push(wanted.roles[0].clone());
    both.roles[1].policy.arn = former;
    let plan = diff_role(&live, &both.roles[0], &both);
    assert_eq!((plan.blockers, plan.changes.len()), (vec![], 1));
}

#[test]
fn extra_permissions_are_reported_or_removed_first() {
    let mut live = converged();
    let role = live.role.as_mut().unwrap();
    let rogue: Arn = "arn:aws:iam::111122223333:policy/rogue".parse().unwrap();
    role.attached.insert(rogue.clone(), attached("rogue", Tags::new()));
    role.inline.insert("inline".to_owned(), everything());
    role.role.max_session_duration = 7200;
    let grants = vec!["* on *".to_owned()];
    let report = plan(live.clone(), &desired(""));
    assert_eq!(operations(&report), ["UpdateRole"]);
    let accept = |thing: &str| HowToAccept {
        lines: vec![
            "[[role.accept]]".to_owned(),
            thing.to_owned(),
            format!("digest = \"{}\"", everything().digest()),
            "reason = \"…\"".to_owned(),
        ],
        is_outdated: false,
    };
    let (policy, inline) = (accept("policy = \"rogue\""), accept("inline_policy = \"inline\""));
    let attached =
        Notice::ExtraAttached { policy: rogue, grants: grants.clone(), denies: Vec::new(), accept: policy };
    let inline =
        Notice::ExtraInline { name: "inline".to_owned(), grants, denies: Vec::new(), accept: inline };
    assert_eq!(report.notices, [attached, inline]);
    let remove = plan(live, &desired("extra_permissions = \"remove\""));
    assert_eq!(operations(&remove), ["DetachRolePolicy", "DeleteRolePolicy", "UpdateRole"]);
    assert_eq!(remove.notices, []);
}

/// A role that invokes the functions through policies made by hand, some attached and one inline.
fn made_by_hand(attached_policies: usize) -> Live {
    let mut live = converged();
    let role = live.role.as_mut().unwrap();
    let document = live.policy.take().unwrap().policy.document;
    role.attached.clear();
    for n in 0..attached_policies {
        let arn: Arn = format!("arn:aws:iam::111122223333:policy/hand{n}").parse().unwrap();
        let mut policy = attached("hand", Tags::new());
        policy.document = document.clone();
        role.attached.insert(arn, policy);
    }
    role.inline.insert("hand".to_owned(), document);
    live
}

fn is_interrupted(plan: &RolePlan) -> bool {
    plan.notices.iter().any(|notice| matches!(notice, Notice::InterruptedMeanwhile { .. }))
}

#[test]
fn genesys_cloud_keeps_its_permission_while_a_policy_takes_the_place_of_another() {
    let plan = plan(made_by_hand(1), &desired("extra_permissions = \"remove\""));
    assert_eq!(
        operations(&plan),
        ["CreatePolicy", "AttachRolePolicy", "DetachRolePolicy", "DeleteRolePolicy"]
    );
    assert!(!is_interrupted(&plan), "{:?}", plan.notices);
}

#[test]
fn an_interruption_that_no_order_avoids_is_said() {
    // No eleventh policy can be attached.
    let plan = plan(made_by_hand(10), &desired("extra_permissions = \"remove\""));
    let operations = operations(&plan);
    assert_eq!(operations.last(), Some(&"AttachRolePolicy"), "{operations:?}");
    assert!(plan.notices.contains(&Notice::InterruptedMeanwhile { writes: 2 }), "{:?}", plan.notices);
}

#[test]
fn a_deny_is_removed_after_what_it_restricts() {
    let mut live = converged();
    set_document(&mut live, &everything());
    let deny = document(r#"{"Statement":{"Effect":"Deny","Action":"s3:*","Resource":"*"}}"#);
    let role = live.role.as_mut().unwrap();
    role.inline.insert("a-deny".to_owned(), deny);
    role.inline.insert("b-allow".to_owned(), everything());
    let plan = plan(live, &desired("extra_permissions = \"remove\""));
    assert_eq!(operations(&plan), ["DeleteRolePolicy", "CreatePolicyVersion", "DeleteRolePolicy"]);
    assert!(
        matches!(&plan.changes[2], Change::Iam(IamChange::DeleteRolePolicy { name, .. }) if name == "a-deny")
    );
    assert!(plan.access.is_wider());
}

#[test]
fn a_boundary_is_replaced_before_permissions_that_grow_and_after_those_that_shrink() {
    let mut live = converged();
    live.role.as_mut().unwrap().role.permissions_boundary =
        Some("arn:aws:iam::111122223333:policy/old".parse().unwrap());
    let wanted = desired("permissions_boundary = \"arn:aws:iam::111122223333:policy/new\"");
    let nothing = document(r#"{"Version":"2012-10-17","Statement":[]}"#);
    for (before, order) in [
        (nothing, ["PutRolePermissionsBoundary", "CreatePolicyVersion"]),
        (everything(), ["CreatePolicyVersion", "PutRolePermissionsBoundary"]),
    ] {
        set_document(&mut live, &before);
        assert_eq!(operations(&plan(live.clone(), &wanted)), order);
    }
}

#[test]
fn a_boundary_goes_only_when_the_spec_says_so() {
    let boundary: Arn = "arn:aws:iam::111122223333:policy/boundary".parse().unwrap();
    let mut live = converged();
    live.role.as_mut().unwrap().role.permissions_boundary = Some(boundary.clone());
    let unmentioned = plan(live.clone(), &desired(""));
    assert_eq!(operations(&unmentioned), Vec::<&str>::new());
    assert_eq!(
        unmentioned.notices,
        [Notice::Boundary { arn: boundary, is_mentioned: false, blocks: Vec::new() }]
    );
    let none = plan(live.clone(), &desired("permissions_boundary = \"none\""));
    assert_eq!(operations(&none), ["DeleteRolePermissionsBoundary"]);
    assert!(none.access.is_wider());
    let same = "permissions_boundary = \"arn:aws:iam::111122223333:policy/boundary\"";
    assert_eq!(operations(&plan(live, &desired(same))), Vec::<&str>::new());
    assert_eq!(operations(&plan(converged(), &desired(same))), ["PutRolePermissionsBoundary"]);
}

#[test]
fn a_version_that_fits_is_made_default_again() {
    let mut live = converged();
    let wanted = live.policy.as_ref().unwrap().policy.document.clone();
    set_document(&mut live, &everything());
    let versions = &mut live.policy.as_mut().unwrap().versions;
    *versions = vec![version(2, true), PolicyVersion { document: Some(wanted), ..version(1, false) }];
    assert_eq!(operations(&plan(live, &desired(""))), ["SetDefaultPolicyVersion"]);
}

#[test]
fn the_oldest_version_not_in_force_makes_room_for_the_sixth() {
    for (default, goes) in [(9, "v2"), (2, "v3")] {
        let mut live = converged();
        set_document(&mut live, &everything());
        let numbers = [10, 9, 4, 3, 2];
        live.policy.as_mut().unwrap().versions = numbers.map(|n| version(n, n == default)).to_vec();
        let plan = plan(live, &desired(""));
        assert_eq!(operations(&plan), ["DeletePolicyVersion", "CreatePolicyVersion"]);
        assert!(
            matches!(&plan.changes[0], Change::Iam(IamChange::DeletePolicyVersion { version, .. }) if version == goes)
        );
    }
}

#[test]
fn what_somebody_else_made_blocks_until_it_is_adopted() {
    let mut live = converged();
    live.role.as_mut().unwrap().role.tags.remove(MANAGED_BY_KEY);
    live.policy.as_mut().unwrap().policy.tags.insert(SPEC_KEY.to_owned(), "other".to_owned());
    let blocked = plan(live.clone(), &desired(""));
    let [role, policy] = blocked.blockers.as_slice() else { panic!("{:?}", blocked.blockers) };
    assert!(matches!(role, Blocker::NotManaged { what: Owned::Role(_), by: Owner::Unknown }));
    assert!(
        matches!(policy, Blocker::NotManaged { what: Owned::Policy(_), by: Owner::Spec(spec) } if spec == "other")
    );
    let adopted = plan(live, &desired("adopt = true"));
    assert_eq!(adopted.blockers, []);
    assert_eq!(operations(&adopted), ["TagPolicy", "TagRole"]);
    assert_eq!(adopted.notices.len(), 2);
}

#[test]
fn what_has_lost_the_specs_tag_alone_is_not_called_someone_elses() {
    let mut live = converged();
    live.role.as_mut().unwrap().role.tags.remove(SPEC_KEY);
    let blocked = plan(live, &desired(""));
    assert!(matches!(
        blocked.blockers.as_slice(),
        [Blocker::NotManaged { what: Owned::Role(_), by: Owner::TagMissing }]
    ));
}

#[test]
fn a_path_that_differs_blocks() {
    let plan = plan(converged(), &desired("path = \"/other/\""));
    assert!(matches!(plan.blockers.as_slice(), [Blocker::RolePath { .. }]));
}

#[test]
fn tags_that_the_spec_does_not_name_are_left_alone() {
    let mut live = converged();
    let tags = &mut live.role.as_mut().unwrap().role.tags;
    tags.insert("cost".to_owned(), "1".to_owned());
    tags.insert("team".to_owned(), String::new());
    let plan = plan(live, &desired(""));
    let [Change::Iam(IamChange::TagRole { tags, .. })] = plan.changes.as_slice() else {
        panic!("{:?}", plan.changes)
    };
    assert_eq!(tags.keys().collect::<Vec<_>>(), ["team"]);
}

#[test]
fn a_role_that_was_taken_out_stays_until_it_is_pruned() {
    let wanted = desired("");
    let orphans = Orphans::Named([("Old".to_owned(), None)].into());
    let named = diff(&LiveState { orphans, ..LiveState::default() }, &wanted);
    assert_eq!((named.roles.len(), named.orphans.len()), (1, 1));
    let orphans = Orphans::Read([("Old".to_owned(), converged())].into());
    let pruned = diff(&LiveState { orphans, ..LiveState::default() }, &wanted);
    // After what is made: a data action may still need it until then.
    let [_, removed] = pruned.roles.as_slice() else { panic!("{pruned:?}") };
    assert_eq!(operations(removed), ["DetachRolePolicy", "DeletePolicy", "DeleteRole"]);
    let unseen = Notice::Genesys(GenesysNotice::UsersUnknown { role: "Old".to_owned() });
    assert_eq!(removed.notices, [Notice::RemovedFromSpec, unseen]);
}

#[test]
fn a_policy_that_is_attached_elsewhere_is_noticed() {
    let mut live = converged();
    live.policy.as_mut().unwrap().attachment_count = 3;
    let plan = plan(live, &desired(""));
    assert!(matches!(plan.notices.as_slice(), [Notice::SharedPolicy { others: 2, .. }]));
}

#[test]
fn who_can_use_what_else_a_policy_is_attached_to_is_unknown() {
    let own = "111122223333".parse().unwrap();
    let mut allowing = converged();
    set_document(&mut allowing, &document(r#"{"Version":"2012-10-17","Statement":[]}"#));
    let mut denying = converged();
    let mut deny = desired("").roles[0].policy.document.to_json();
    deny.insert_str(deny.find('[').unwrap() + 1, r#"{"Effect":"Deny","Action":"s3:*","Resource":"*"},"#);
    set_document(&mut denying, &document(&deny));
    for live in [allowing, denying] {
        let strangers = |attachments: i32, bounds: i32| {
            let mut live = live.clone();
            let policy = live.policy.as_mut().unwrap();
            (policy.attachment_count, policy.boundary_count) = (attachments, bounds);
            let plan = plan(live, &desired(""));
            assert!(plan.is_wider());
            plan.gains(&own).into_iter().filter(|gain| gain.party.is_stranger()).collect::<Vec<_>>()
        };
        assert_eq!(strangers(1, 0), []);
        for elsewhere in [strangers(2, 0), strangers(1, 1)] {
            let [gain] = elsewhere.as_slice() else { panic!("{elsewhere:?}") };
            assert!(gain.who.contains("is attached to"), "{gain:?}");
        }
    }
}

#[test]
fn a_tag_of_a_role_in_another_case_is_replaced_and_one_of_a_policy_is_another() {
    let mut live = converged();
    let shout = |tags: &mut Tags| tags.insert("TEAM".to_owned(), "old".to_owned());
    shout(&mut live.role.as_mut().unwrap().role.tags);
    shout(&mut live.policy.as_mut().unwrap().policy.tags);
    for tags in [&mut live.role.as_mut().unwrap().role.tags, &mut live.policy.as_mut().unwrap().policy.tags] {
        tags.remove("team");
    }
    let plan = plan(live, &desired(""));
    let [
        Change::Iam(IamChange::TagPolicy { tags: policy, .. }),
        Change::Iam(IamChange::TagRole { tags: role, .. }),
    ] = plan.changes.as_slice()
    else {
        panic!("{:?}", plan.changes)
    };
    assert_eq!((policy["team"].former_key.as_deref(), policy["team"].before.as_deref()), (None, None));
    assert_eq!(
        (role["team"].former_key.as_deref(), role["team"].before.as_deref()),
        (Some("TEAM"), Some("old"))
    );
}

#[test]
fn a_tag_that_only_documents_elsewhere_can_be_about_never_changes_silently() {
    let own = "111122223333".parse().unwrap();
    let parties = |plan: &RolePlan| plan.gains(&own).iter().map(|gain| gain.party).collect::<Vec<_>>();
    let elsewhere = |plan: &RolePlan| {
        let of_role =
            |widening: &Widening| matches!(widening, Widening::TagElsewhere { key } if key == "team");
        plan.widenings.iter().any(of_role)
    };
    let tags = |live: &mut Live, to: Option<&str>| {
        let tags = &mut live.role.as_mut().unwrap().role.tags;
        tags.remove("team").unwrap();
        tags.extend(to.map(|value| ("team".to_owned(), value.to_owned())));
    };
    for before in [None, Some("locked")] {
        let mut live = converged();
        tags(&mut live, before);
        let changed = plan(live.clone(), &desired(""));
        assert!(elsewhere(&changed), "{changed:?}");
        // It is not known, and no gain of those who belong here.
        assert!(changed.is_wider() && parties(&changed).is_empty(), "{:?}", parties(&changed));
        // If the role can do more than the spec says, nobody knows what the tag opens.
        let role = live.role.as_mut().unwrap();
        role.inline.insert("assume".to_owned(), everything());
        assert!(parties(&plan(live, &desired(""))).contains(&Party::Unknown));
    }
    // Its own tags, and a key in another case, do not matter.
    let mut live = converged();
    let own_tags = &mut live.role.as_mut().unwrap().role.tags;
    let team = own_tags.remove("team").unwrap();
    own_tags.insert("Team".to_owned(), team);
    own_tags.remove(MANAGED_BY_KEY);
    assert_eq!(plan(live, &desired("adopt = true")).widenings, []);
}

#[test]
fn sessions_of_those_who_are_shut_out_are_said_and_gain_what_the_plan_adds() {
    let own = "111122223333".parse().unwrap();
    let strangers = |plan: &RolePlan| plan.gains(&own).iter().any(|gain| gain.party.is_stranger());
    let mut live = converged();
    let role = &mut live.role.as_mut().unwrap().role;
    role.max_session_duration = 7200;
    role.assume_role_policy = document(
        r#"{"Version":"2012-10-17","Statement":{"Effect":"Allow","Principal":{"AWS":"691338073777"},"Action":"sts:AssumeRole"}}"#,
    );
    let repair = plan(live.clone(), &desired(""));
    assert_eq!(repair.notices, [Notice::OlderSessions { seconds: 7200 }]);
    assert!(!strangers(&repair), "{:?}", repair.gains(&own));
    // A stranger's session could invoke what the plan adds.
    set_document(&mut live, &document(r#"{"Version":"2012-10-17","Statement":[]}"#));
    let both = plan(live.clone(), &desired(""));
    assert!(both.notices.contains(&Notice::OlderSessions { seconds: 7200 }) && strangers(&both));
    // If nobody is shut out there is nothing to report.
    let trust = desired("").roles[0].role.assume_role_policy.clone();
    live.role.as_mut().unwrap().role.assume_role_policy = trust;
    let added = plan(live, &desired(""));
    assert!(added.notices.is_empty() && added.is_wider() && !strangers(&added), "{added:?}");
}

#[test]
fn a_role_that_aws_made_is_never_adopted() {
    let mut live = converged();
    let role = &mut live.role.as_mut().unwrap().role;
    role.path = "/aws-service-role/x.amazonaws.com/".to_owned();
    role.tags.clear();
    let plan = plan(live, &desired("adopt = true"));
    assert!(plan.blockers.iter().any(|blocker| matches!(blocker, Blocker::MadeByAws { .. })), "{plan:?}");
}

#[test]
fn a_policy_that_bounds_somebody_is_not_destroyed() {
    let mut live = converged();
    live.policy.as_mut().unwrap().boundary_count = 1;
    let wanted = desired("");
    let plan = crate::plan::destroy_role(&live, &wanted.roles[0], &wanted);
    assert!(matches!(plan.blockers.as_slice(), [Blocker::PolicyBounds { count: 1, .. }]), "{plan:?}");
}

/// An accepted thing, with a document's digest.
fn accept(thing: &str, document: &Document) -> String {
    format!("[[role.accept]]\n{thing}\ndigest = \"{}\"\nreason = \"known\"", document.digest())
}

#[test]
fn what_the_spec_accepts_stays_and_a_changed_document_asks_again() {
    let mut live = converged();
    let role = live.role.as_mut().unwrap();
    let rogue: Arn = "arn:aws:iam::111122223333:policy/rogue".parse().unwrap();
    role.attached.insert(rogue.clone(), attached("rogue", Tags::new()));
    role.inline.insert("inline".to_owned(), everything());
    let both =
        [accept("policy = \"rogue\"", &everything()), accept("inline_policy = \"inline\"", &everything())];
    for line in ["", "extra_permissions = \"remove\"\n"] {
        let plan = plan(live.clone(), &desired(&format!("{line}{}", both.join("\n"))));
        assert_eq!((operations(&plan).len(), plan.notices.len()), (0, 0), "{line}");
    }
    let by_arn = accept("policy = \"arn:aws:iam::111122223333:policy/rogue\"", &everything());
    let remove = plan(live.clone(), &desired(&format!("extra_permissions = \"remove\"\n{by_arn}")));
    assert_eq!(operations(&remove), ["DeleteRolePolicy"]);
    live.role.as_mut().unwrap().inline.insert("inline".to_owned(), deny_policy());
    let changed = plan(live, &desired(&both.join("\n")));
    let Some(Notice::ExtraInline { accept, .. }) = changed.notices.first() else { panic!("{changed:?}") };
    assert!(accept.is_outdated && accept.lines[2].contains(&deny_policy().digest()));
}

#[test]
fn an_accepted_statement_of_the_trust_policy_stays_and_no_other() {
    let mut live = converged();
    let wanted = live.role.as_ref().unwrap().role.assume_role_policy.clone();
    let with = |action: &str| {
        let own =
            r#"{"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::111122223333:role/ci"},"Action":"ACTION"}"#;
        let text = wanted.to_json().replacen("[", &format!("[{},", own.replace("ACTION", action)), 1);
        document(&if wanted.to_json().contains("\"Statement\":[") { text } else { panic!("{text}") })
    };
    let named = "principal = \"arn:aws:iam::111122223333:role/ci\"";
    live.role.as_mut().unwrap().role.assume_role_policy = with("sts:AssumeRole");
    assert_eq!(operations(&plan(live.clone(), &desired(""))), ["UpdateAssumeRolePolicy"]);
    let party = trust_parties(live.role.as_ref().unwrap(), &desired("").roles[0]).remove(0).remove(0);
    let accepted = |digest: &str| {
        desired(&format!("[[role.accept]]\n{named}\ndigest = \"{digest}\"\nreason = \"known\""))
    };
    let kept = plan(live.clone(), &accepted(&party.digest));
    assert_eq!((operations(&kept).len(), kept.is_wider()), (0, false));
    let alone = party.digest;
    // Denials beside it are part of what was accepted.
    let mut denied = live.clone();
    let deny = r#"[{"Effect":"Deny","Principal":{"AWS":"arn:aws:iam::111122223333:role/ci"},"Action":"sts:AssumeRole","Condition":{"Bool":{"aws:MultiFactorAuthPresent":"false"}}},"#;
    let document = document(&with("sts:AssumeRole").to_json().replacen('[', deny, 1));
    denied.role.as_mut().unwrap().role.assume_role_policy = document;
    let party = trust_parties(denied.role.as_ref().unwrap(), &desired("").roles[0]).remove(0).remove(0);
    let kept = plan(denied, &accepted(&party.digest));
    assert_eq!((operations(&kept).len(), kept.is_wider()), (0, false));
    // Another statement is another document.
    live.role.as_mut().unwrap().role.assume_role_policy = with("sts:*");
    assert_eq!(operations(&plan(live, &accepted(&alone))), ["UpdateAssumeRolePolicy"]);
}

#[test]
fn nobody_is_said_to_be_shut_out_whom_a_deny_shut_out_before() {
    let wanted = desired("");
    let id = wanted.roles[0].external_id.expose();
    let allow = r#"{"Effect":"Allow","Principal":{"AWS":"765628985471"},"Action":"sts:AssumeRole"}"#;
    let right = format!(r#""Condition":{{"StringEquals":{{"sts:ExternalId":"{id}"}}}},"Action""#);
    let anyone = allow.replace(r#"{"AWS":"765628985471"}"#, "\"*\"").replace("\"Action\"", &right);
    let deny = |rest: &str| format!(r#"{{"Effect":"Deny","Action":"sts:AssumeRole",{rest}}}"#);
    let not_genesys = deny(r#""NotPrincipal":{"AWS":"arn:aws:iam::765628985471:root"}"#);
    let other_ids = |ids: &str| {
        deny(&format!(r#""Principal":"*","Condition":{{"StringNotEquals":{{"sts:ExternalId":{ids}}}}}"#))
    };
    let federated = r#"{"Effect":"Allow","Principal":{"Federated":"accounts.google.com"},"Action":"sts:*"}"#;
    let good = allow.replace("\"Action\"", &right);
    let no_web = r#"{"Effect":"Deny","Principal":"*","Action":"sts:AssumeRoleWith*"}"#;
    for (trust, shuts_out) in [
        (format!("{anyone},{not_genesys}"), false),
        (format!("{allow},{}", other_ids(&format!("\"{id}\""))), false),
        (format!("{good},{federated},{no_web}"), false),
        (anyone.clone(), true),
        (allow.to_owned(), true),
        (format!("{good},{federated}"), true),
        (format!("{allow},{}", other_ids(&format!("[\"{id}\",\"other\"]"))), true),
    ] {
        let mut live = converged();
        live.role.as_mut().unwrap().role.assume_role_policy =
            document(&format!(r#"{{"Version":"2012-10-17","Statement":[{trust}]}}"#));
        let plan = plan(live, &wanted);
        assert_eq!(operations(&plan), ["UpdateAssumeRolePolicy"]);
        let says = plan.notices.iter().any(|notice| matches!(notice, Notice::OlderSessions { .. }));
        assert_eq!(says, shuts_out, "{trust}");
    }
}
