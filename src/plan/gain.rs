//! Who gains from a plan, by kind: a repair that restores Genesys Cloud's access is not a stranger's entry.

use super::genesys::GenesysNotice;
use super::model::{FunctionsChanged, Notice, Plan, RolePlan, TenantDoubt, Widening};
use super::party::{Gain, KeptStranger, Party, gain};
use crate::arn::{AccountId, FunctionArn};
use crate::model::OwnOrganization;
use crate::policy::access::{AccessDiff, Grant};
use crate::spec::is_guid;

/// Something that denies a role its purpose, or that only denies.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Denial {
    pub role: String,
    /// ``inline policy `deny` ``
    pub by: String,
    /// The functions it denies.
    pub functions: Vec<String>,
    pub is_boundary: bool,
}

impl Plan {
    /// Those from outside whom the spec keeps inside.
    pub fn kept_strangers(&self) -> Vec<KeptStranger> {
        let kept = |what: String, key: &str| Some((what, key.to_owned()));
        let of = |role: &RolePlan, notice: &Notice| match notice {
            Notice::Accepted { what, gains, outsiders: Some(digest), .. } => {
                let gains = if gains.is_empty() { what.clone() } else { gains.join(", ") };
                kept(gains, digest)
            }
            Notice::AcceptsNothing { what, outsiders: Some(digest), .. } => {
                kept(format!("{what}, which is not there yet"), digest)
            }
            Notice::AcceptedOpen { role: accepted, admits, digest } => {
                let accepted = accepted.name();
                let what = match admits.as_slice() {
                    [] => format!("who may assume `{accepted}`, which the spec accepts, is not known"),
                    admits => {
                        format!("{} may assume `{accepted}`, which the spec accepts", admits.join(" and "))
                    }
                };
                kept(what, digest)
            }
            // Who is new gains, and keeps nothing.
            Notice::ConfirmedAccount { account, .. } if !role.admits_newly(account) => {
                kept(format!("AWS account {account} may assume the role as Genesys Cloud"), account.as_str())
            }
            Notice::KeepsTenant { external_id, digest } => {
                kept(format!("whoever brings the external ID {external_id} may assume the role"), digest)
            }
            _ => None,
        };
        let is_one = self.roles.len() == 1;
        let of_role = |role: &'_ RolePlan| -> Vec<KeptStranger> {
            let name = &role.role;
            let kept = |(what, key): (String, String)| KeptStranger {
                what: if is_one { what } else { format!("{what} (role `{name}`)") },
                key: format!("{}/{name}@{key}", self.account_id),
            };
            role.notices.iter().filter_map(|notice| of(role, notice)).map(kept).collect()
        };
        let mut kept: Vec<KeptStranger> = self.roles.iter().flat_map(of_role).collect();
        kept.sort();
        kept.dedup();
        kept
    }

    /// Those from outside who stay inside roles that were taken out of the spec, or whose spec is gone.
    pub fn left_inside(&self) -> impl Iterator<Item = &KeptStranger> {
        self.orphans.values().flatten().chain(self.strays.iter().flat_map(|stray| &stray.inside))
    }

    /// Everyone who loses their way into a role, once each.
    pub fn losses(&self) -> Vec<String> {
        // Who loses one role may gain another.
        let of = |role: &RolePlan| match self.roles.len() {
            1 => String::new(),
            _ => format!(" (role `{}`)", role.role),
        };
        let lost = self.roles.iter().flat_map(|role| {
            role.losses(&self.account_id).into_iter().map(move |who| format!("{who}{}", of(role)))
        });
        let mut losses: Vec<String> = lost.collect();
        losses.sort();
        losses.dedup();
        losses
    }

    /// The functions that Genesys Cloud can no longer invoke, and those that it newly can, by roles that it may assume before
    /// and afterwards: sentences.
    pub fn functions_changed(&self) -> Vec<String> {
        let in_role = |role: &RolePlan| match self.roles.len() {
            1 => String::new(),
            _ => format!(" (role `{}`)", role.role),
        };
        let changed = self.roles.iter().flat_map(|role| {
            let functions = role.functions_changed(&self.account_id).into_iter();
            functions.map(move |what| format!("{what}{}", in_role(role)))
        });
        changed.collect()
    }

    /// What limited roles and no longer does, or may no longer: sentences.
    pub fn lost_limits(&self) -> Vec<String> {
        let mut lost: Vec<String> = self.roles.iter().flat_map(RolePlan::lost_limits).collect();
        lost.sort();
        lost.dedup();
        lost
    }

    /// The tags of roles by which policies that were not read may admit or exempt someone.
    pub fn unknown_tags(&self) -> Vec<&str> {
        let widenings = self.roles.iter().flat_map(|role| &role.widenings);
        let mut keys: Vec<&str> = widenings
            .filter_map(|widening| match widening {
                Widening::TagElsewhere { key } => Some(key.as_str()),
                _ => None,
            })
            .collect();
        keys.sort_unstable();
        keys.dedup();
        keys
    }

    /// Everyone who gains from any role, once each.
    pub fn gains(&self) -> Vec<Gain> {
        let mut gains: Vec<Gain> = self.roles.iter().flat_map(|role| role.gains(&self.account_id)).collect();
        gains.sort();
        gains.dedup();
        gains
    }

    /// Whether someone unknown or everyone gains, or someone who is not shown to be the owner's.
    pub fn lets_strangers_in(&self) -> bool {
        self.gains().iter().any(|gain| !gain.party.is_known())
    }

    /// Whether all that is unknown is whose the external ID is.
    pub fn is_only_not_shown(&self) -> bool {
        let is_beyond = |role: &RolePlan| role.admitted_beyond(&self.account_id).is_some();
        !self.roles.iter().any(is_beyond) && !self.gains().iter().any(|gain| gain.party.is_stranger())
    }

    /// The organization that would settle a doubt about an external ID, which was not read.
    pub fn organization_not_read(&self) -> Option<&OwnOrganization> {
        self.roles.iter().flat_map(|role| &role.widenings).find_map(|widening| match widening {
            Widening::Tenant {
                doubt: TenantDoubt::Replaced { organization, .. } | TenantDoubt::NotShown { organization },
                ..
            } => Some(organization),
            _ => None,
        })
    }

    /// Whether the spec covers Genesys Cloud but its side was not read.
    pub fn lacks_genesys(&self) -> bool {
        let mut notices = self.roles.iter().flat_map(|role| &role.notices);
        notices.any(|notice| matches!(notice, Notice::Genesys(GenesysNotice::NotRead { .. })))
    }

    /// Whether a role has a policy that the spec neither creates nor accepts.
    pub fn has_foreign_policies(&self) -> bool {
        let notices = self.roles.iter().flat_map(|role| &role.notices);
        notices
            .into_iter()
            .any(|notice| matches!(notice, Notice::ExtraAttached { .. } | Notice::ExtraInline { .. }))
    }

    /// Policies not from the spec that deny roles their purpose, or only deny.
    pub fn denials(&self) -> Vec<Denial> {
        let of_role = |role: &RolePlan| -> Vec<Denial> {
            let of_notice = |notice: &Notice| {
                let (by, functions) = match notice {
                    Notice::ExtraAttached { policy, grants, denies, .. } if grants.is_empty() => {
                        (format!("policy `{}`", policy.name()), denies)
                    }
                    Notice::ExtraInline { name, grants, denies, .. } if grants.is_empty() => {
                        (format!("inline policy `{name}`"), denies)
                    }
                    Notice::ForeignDeny { policy, functions } => (policy.clone(), functions),
                    Notice::Boundary { arn, blocks, .. } if !blocks.is_empty() => {
                        (format!("permissions boundary `{}`", arn.name()), blocks)
                    }
                    _ => return None,
                };
                let is_boundary = matches!(notice, Notice::Boundary { .. });
                Some(Denial { role: role.role.clone(), by, functions: functions.clone(), is_boundary })
            };
            role.notices.iter().filter_map(of_notice).collect()
        };
        self.roles.iter().flat_map(of_role).collect()
    }

    /// The roles with permissions that the spec neither creates nor accepts, with the policies' names.
    pub fn foreign(&self) -> Vec<(&str, Vec<String>)> {
        self.roles
            .iter()
            .map(|role| (role.role.as_str(), role.foreign_policies()))
            .filter(|(_, policies)| !policies.is_empty())
            .collect()
    }
}

impl RolePlan {
    /// Who gains from the role's changes; `own` is the role's account.
    pub fn gains(&self, own: &AccountId) -> Vec<Gain> {
        let mut gains: Vec<Gain> = Vec::new();
        let tenant = self.widenings.iter().find_map(|widening| match widening {
            Widening::Tenant { external_id, doubt } => Some((external_id, doubt)),
            _ => None,
        });
        let verifier = self.widenings.iter().find_map(|widening| match widening {
            Widening::Verifier { arn, admits } => Some((format!("AWS {arn}"), admits)),
            _ => None,
        });
        let of = |subject: Option<&str>| match (gain(subject, own), tenant, &verifier) {
            (Gain { party: Party::Genesys, who }, Some((external_id, doubt)), _) => {
                tenant_gain(&who, external_id, doubt)
            }
            (Gain { party: Party::OwnAccount, who }, _, Some((arn, admits)))
                if subject == Some(arn.as_str()) =>
            {
                through_verifier(&who, admits)
            }
            (gain, ..) => gain,
        };
        let kept = self.kept_policies();
        // What else the role can do is not in the spec, or was only accepted by it.
        let beyond = |gain: Gain| match kept.is_empty() {
            true => gain,
            false => Gain {
                party: gain.party.max(Party::Doubtful),
                who: format!("{}, with what {} allows", gain.who, kept.join(", ")),
            },
        };
        let entry = self.access.wider_assume();
        gains.extend(entry.iter().map(|grant| beyond(of(grant.subject()))));
        let by_tag = |widening: &Widening| matches!(widening, Widening::TagElsewhere { .. });
        let is_longer = self.widenings.iter().any(|widening| matches!(widening, Widening::Session { .. }));
        let is_wider_inside = self.access.is_wider_inside() || is_longer;
        if is_wider_inside || self.widenings.iter().any(by_tag) {
            // Everyone who may assume the role afterwards.
            let is_freed = !self.access.lost_restrictions().is_empty();
            let admitted = self.access.after.assume.iter().filter(|grant| grant.admits_somebody());
            gains.extend(admitted.filter_map(|grant| {
                let gain = of(grant.subject());
                let gain = if is_freed || entry.contains(&grant.as_ref()) { beyond(gain) } else { gain };
                // What a tag does elsewhere is not known: it is not a gain of those who belong here.
                (is_wider_inside || !gain.party.is_known()).then_some(gain)
            }));
        }
        let has_shut_out = self.notices.iter().any(|one| matches!(one, Notice::OlderSessions { .. }));
        if has_shut_out && (self.access.is_wider_inside() || self.widenings.iter().any(by_tag)) {
            // The trust policy does not end sessions.
            let mut who = "whoever holds a session of the role from before".to_owned();
            if !self.access.is_wider_inside() {
                let keys = self.widenings.iter().filter_map(|widening| match widening {
                    Widening::TagElsewhere { key } => Some(format!("`{key}`")),
                    _ => None,
                });
                let keys = keys.collect::<Vec<_>>().join(", ");
                who.push_str(&format!(", if policies elsewhere refer to the tag {keys}"));
            }
            gains.push(Gain { party: Party::Unknown, who });
        }
        for widening in &self.widenings {
            match widening {
                // An unread trust policy may admit a stranger there.
                Widening::Policy { policy, .. } => gains.push(Gain {
                    party: Party::Unknown,
                    who: format!("whoever can use what policy `{policy}` is attached to"),
                }),
                Widening::Tag { key, .. } => gains.push(Gain {
                    party: Party::Unknown,
                    who: format!("anyone whom a condition on the tag `{key}` admits"),
                }),
                // What else the tag opens among the role's permissions, and to whom, is unknown.
                Widening::TagElsewhere { key } if self.has_foreign_permissions() => gains.push(Gain {
                    party: Party::Unknown,
                    who: format!("anyone whom a policy elsewhere admits by the tag `{key}`"),
                }),
                Widening::Session { .. }
                | Widening::TagElsewhere { .. }
                | Widening::Tenant { .. }
                | Widening::Verifier { .. } => {}
            }
        }
        gains.sort();
        gains.dedup();
        gains
    }

    /// Who can no longer assume the role.
    fn losses(&self, own: &AccountId) -> Vec<String> {
        let after: Vec<&Grant> = self
            .access
            .after
            .assume
            .iter()
            .map(AsRef::as_ref)
            .filter(|grant| grant.admits_somebody())
            .collect();
        let lost = |grant: &&Grant| {
            let Gain { party, who } = gain(grant.subject(), own);
            // Genesys Cloud has several accounts: another one is another platform.
            let left: Vec<&&Grant> = after.iter().filter(|left| left.subject() == grant.subject()).collect();
            if party != Party::Genesys || left.is_empty() {
                return if left.is_empty() { vec![who] } else { Vec::new() };
            }
            let ids = |grant: &Grant| grant.demanded_external_ids();
            let former = ids(grant).unwrap_or_default();
            // Several are named only where each has the form of an organization's ID.
            if former.is_empty() || former.len() > 1 && !former.iter().all(|id| is_guid(id)) {
                return vec!["any other customer of Genesys Cloud".to_owned()];
            }
            let kept: Vec<String> = left.iter().filter_map(|left| ids(left)).flatten().collect();
            let lost = former.into_iter().filter(|id| !kept.contains(id));
            lost.map(|id| format!("the Genesys Cloud organization {id}")).collect()
        };
        self.access.shut_out().iter().flat_map(lost).collect()
    }

    /// Whether an account gains entry, which it may have had under other conditions.
    fn admits_newly(&self, account: &AccountId) -> bool {
        self.access.wider_assume().iter().any(|grant| grant.account().as_ref() == Some(account))
    }

    fn functions_changed(&self, own: &AccountId) -> Vec<String> {
        let AccessDiff { before, after } = &self.access;
        let is_genesys =
            |grant: &Grant| grant.admits_somebody() && gain(grant.subject(), own).party == Party::Genesys;
        if ![before, after].iter().all(|access| access.assume.iter().any(|grant| is_genesys(grant))) {
            return Vec::new();
        }
        let FunctionsChanged { lost, gained } = &self.functions;
        let name = |function: &FunctionArn| {
            let has_label = |other: &&FunctionArn| other.label() == function.label();
            // In two regions, or accounts.
            match lost.iter().chain(gained).filter(has_label).count() {
                1 => format!("`{}`", function.label()),
                _ => format!("`{function}`"),
            }
        };
        let listed = |verb: &str, functions: &[FunctionArn]| {
            let names: Vec<String> = functions.iter().map(name).collect();
            (!names.is_empty()).then(|| format!("Genesys Cloud {verb} {}", names.join(", ")))
        };
        listed("loses", lost).into_iter().chain(listed("gains", gained)).collect()
    }

    /// What limited the role and no longer does, or may no longer.
    fn lost_limits(&self) -> Vec<String> {
        let of_documents = self.access.lost_restrictions().into_iter().map(str::to_owned);
        let elsewhere = self.widenings.iter().filter_map(|widening| match widening {
            Widening::Session { before, after } => Some(format!("sessions of {before} s, then of {after} s")),
            Widening::Tag { key, .. } | Widening::TagElsewhere { key } => {
                Some(format!("what policies demand of the tag `{key}`"))
            }
            Widening::Policy { policy, bounds: 1.., .. } => Some(format!("boundary `{policy}`")),
            Widening::Policy { .. } | Widening::Tenant { .. } | Widening::Verifier { .. } => None,
        });
        of_documents.chain(elsewhere).collect()
    }

    /// Those admitted to a role that can do more than the spec says, and what else it has.
    pub fn admitted_beyond(&self, own: &AccountId) -> Option<(Vec<String>, Vec<String>)> {
        let kept = self.kept_policies();
        let mut who: Vec<String> =
            self.access.wider_assume().into_iter().map(|grant| gain(grant.subject(), own).who).collect();
        who.dedup();
        (!kept.is_empty() && !who.is_empty()).then_some((who, kept))
    }

    /// The names of the policies that the spec neither creates nor accepts.
    fn foreign_policies(&self) -> Vec<String> {
        let policy = |notice: &Notice| match notice {
            Notice::ExtraAttached { policy, grants, .. } if !grants.is_empty() => {
                Some(format!("policy `{}`", policy.name()))
            }
            Notice::ExtraInline { name, grants, .. } if !grants.is_empty() => {
                Some(format!("inline policy `{name}`"))
            }
            _ => None,
        };
        self.notices.iter().filter_map(policy).collect()
    }

    /// The policies that stay although the spec does not create them, accepted or not.
    pub fn kept_policies(&self) -> Vec<String> {
        let accepted = self.notices.iter().filter_map(|notice| match notice {
            Notice::Accepted { what, gains, lets_in: false, .. } if !gains.is_empty() => Some(what.clone()),
            _ => None,
        });
        self.foreign_policies().into_iter().chain(accepted).collect()
    }

    /// Whether the role keeps permissions that the spec does not create.
    fn has_foreign_permissions(&self) -> bool {
        self.notices.iter().any(|notice| match notice {
            Notice::ExtraAttached { grants, .. }
            | Notice::ExtraInline { grants, .. }
            | Notice::Accepted { gains: grants, .. } => !grants.is_empty(),
            _ => false,
        })
    }
}

fn tenant_gain(account: &str, external_id: &str, doubt: &TenantDoubt) -> Gain {
    let (party, who) = match doubt {
        TenantDoubt::OtherAccount => (Party::Unknown, account.to_owned()),
        TenantDoubt::NotTheOrganization { .. } | TenantDoubt::Replaced { former: None, .. } => {
            (Party::Unknown, format!("the Genesys Cloud organization {external_id}"))
        }
        TenantDoubt::Replaced { former: Some(former), .. } => {
            (Party::Unknown, format!("the Genesys Cloud organization {external_id}, in place of {former}"))
        }
        TenantDoubt::NotShown { .. } => (
            Party::Doubtful,
            format!(
                "Genesys Cloud (external ID {external_id}; not shown to be your organization's: Genesys Cloud was not read)"
            ),
        ),
    };
    Gain { party, who }
}

fn through_verifier(verifier: &str, admits: &[String]) -> Gain {
    match admits {
        [] => Gain {
            party: Party::Doubtful,
            who: format!("whoever can become the verifier {verifier}: its trust policy was not read"),
        },
        admits => Gain {
            party: Party::Unknown,
            who: format!("{}, who can become the verifier {verifier}", admits.join(", ")),
        },
    }
}
