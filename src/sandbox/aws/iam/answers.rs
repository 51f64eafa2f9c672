//! Parts of IAM responses shared by several actions.

use crate::sandbox::aws::query::{Params, QueryAnswer, Xml};
use crate::sandbox::aws::refusal::Refusal;
use crate::sandbox::state::iam::{LastUsed, Tag, date};

/// Writes a listing that may be truncated: `<name><member>…`, `IsTruncated` and `Marker`.
pub(crate) fn listing<T>(
    name: &str,
    (items, marker): (Vec<T>, Option<String>),
    mut item: impl FnMut(&mut Xml, T),
) -> QueryAnswer {
    QueryAnswer::of(|xml| {
        xml.list(name, items, |xml, each| item(xml, each));
        truncation(xml, marker.as_deref());
    })
}

pub(crate) fn truncation(xml: &mut Xml, marker: Option<&str>) {
    xml.text("IsTruncated", marker.is_some());
    xml.optional("Marker", marker);
}

pub(crate) fn write_tags(xml: &mut Xml, tags: &[Tag]) {
    xml.list("Tags", tags, |xml, Tag { key, value }| {
        xml.text("Key", key);
        xml.text("Value", value);
    });
}

pub(crate) fn write_boundary(xml: &mut Xml, boundary: Option<&str>) {
    if let Some(arn) = boundary {
        xml.element("PermissionsBoundary", |xml| {
            xml.text("PermissionsBoundaryType", "Policy");
            xml.text("PermissionsBoundaryArn", arn);
        });
    }
}

/// Empty for a role that was never used.
pub(crate) fn write_last_used(xml: &mut Xml, last_used: Option<&LastUsed>) {
    xml.element("RoleLastUsed", |xml| {
        if let Some(LastUsed { date: at, region }) = last_used {
            xml.text("LastUsedDate", date(*at));
            xml.text("Region", region);
        }
    });
}

/// IAM's encoding of returned documents: percent-encoded by RFC 3986.
pub(crate) fn encoded(document: &str) -> String {
    use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
    const UNRESERVED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');
    utf8_percent_encode(document, UNRESERVED).to_string()
}

/// The path prefix of a listing.
pub(crate) fn path_prefix(params: &Params) -> Result<&str, Refusal> {
    params.path_prefix()
}
