//! Draws pictures as SVG.

mod access;
mod across;
mod down;
mod figure;
mod shapes;

pub(super) use access::{class as access_class, word as access_word};
pub(super) use figure::{access_figure, figure, legend, planned_legend};
pub(super) use shapes::{BADGES, class};
