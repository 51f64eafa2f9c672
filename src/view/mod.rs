//! Words and counts, written once: what a report says, for every renderer. Renderers only lay out.

mod alike;
mod alike_notices;
mod apply;
mod check;
mod diagnose;
mod genesys;
mod iam;
mod left_over;
mod parts;
mod picture;
mod plan;
mod provenance;
mod remark;
mod shared;
mod state;
mod wire;
mod words;

pub use alike::{Alike, FEW_PLANNED, alike, functions};
pub use alike_notices::alike_notices;
pub use apply::{AppliedChange, ApplyView, ChangeCounts, ChangeOutcome, ErrorView, RunOutcome};
pub use check::{
    AcceptedView, BEYOND_A_CHECK, CauseView, CheckView, LineView, OutcomeWord, RoleView, Summary, VerdictView,
};
pub use diagnose::{
    CandidateView, CandidatesView, DiagnoseView, DiagnosedView, ErrorTextView, KnownView, LooseView,
    StepView, UnknownView, WayView,
};
pub use genesys::half_way_text;
pub use left_over::{of_cut_off, of_doubtful_functions, of_strays};
pub use parts::{DiffLine, Field, LineKind, Remark, document_diff};
#[cfg(test)]
pub(crate) use picture::testing::picture_of;
pub use picture::{FunctionStop, Link, LinkProof, Mark, OF_GENESYS, Outsiders, Picture, STATIONS, Station};
pub use plan::{
    AccessLineView, AccessView, Caution, ChangeView, ConnectionView, DenialView, FORMAT_VERSION, ForeignView,
    GainView, PLAN_FORMAT, PLANS_FORMAT, PlanSummary, PlanView, RolePlanView, beside_gains, gainers,
    not_as_specified,
};
pub use provenance::{PipelineRun, Provenance};
pub use remark::blocker_remark;
pub use shared::{FEW_ROLES, SharedCause, shared_causes};
pub use state::{desired, live};
pub use wire::Sides;
pub use words::{few, plural};

pub use crate::text::sentence_case;
