//! What a reviewer must know, and how to address it.

use super::writer::Html;
use crate::view::{Remark, sentence_case};

pub(super) fn remark_text(html: &mut Html<'_>, remark: &Remark) {
    let Remark { what, details, remedy, paste } = remark;
    html.prose(what);
    if !details.is_empty() {
        html.raw("<ul>");
        for detail in details {
            html.raw("<li>").prose(detail).raw("</li>");
        }
        html.raw("</ul>");
    }
    if let Some(remedy) = remedy {
        html.raw("<p class=\"do\">").prose(&sentence_case(remedy)).raw("</p>");
    }
    lines(html, paste);
}

pub(super) fn remark_list(html: &mut Html<'_>, class: &'static str, title: &'static str, remarks: &[Remark]) {
    for remark in remarks {
        html.raw("<div class=\"").raw(class).raw("\"><b>").raw(title).raw(":</b> ");
        remark_text(html, remark);
        html.raw("</div>\n");
    }
}

/// Lines to write into a spec.
pub(super) fn lines(html: &mut Html<'_>, lines: &[String]) {
    if lines.is_empty() {
        return;
    }
    html.raw("<pre>");
    for line in lines {
        html.raw("<span>").text(line).raw("</span>");
    }
    html.raw("</pre>");
}
