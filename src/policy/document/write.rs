//! Documents as JSON, with the elements in IAM's usual order.

use serde_json::Value;

use super::model::{
    ActionElement, Document, Effect, OneOrMany, PrincipalElement, Principals, ResourceElement, Scalar,
    Statement,
};

impl Document {
    /// Compact JSON, as sent to IAM. Elements in IAM's usual order.
    pub fn to_json(&self) -> String {
        let mut out = String::new();
        self.to_node().write_compact(&mut out);
        out
    }
    /// The number of characters IAM counts against its quotas: white space outside strings is ignored.
    pub fn size(&self) -> usize {
        self.to_json().chars().count()
    }
    pub(super) fn to_node(&self) -> Node {
        let Self { version, id, statements, unknown } = self;
        let mut members = Vec::new();
        members.extend(version.iter().map(|version| ("Version".to_owned(), Node::text(version))));
        members.extend(id.iter().map(|id| ("Id".to_owned(), Node::text(id))));
        members.push(("Statement".to_owned(), Node::one_or_many(statements, Statement::to_node)));
        members.extend(unknown.iter().map(|(key, value)| (key.clone(), Node::Leaf(value.to_string()))));
        Node::Object(members)
    }
}
impl Statement {
    /// As compact JSON.
    pub fn to_json(&self) -> String {
        let mut out = String::new();
        self.to_node().write_compact(&mut out);
        out
    }

    fn to_node(&self) -> Node {
        let Self { sid, effect, principal, action, resource, condition, unknown } = self;
        let mut members = Vec::new();
        let mut add = |name: &str, node: Node| members.push((name.to_owned(), node));
        if let Some(sid) = sid {
            add("Sid", Node::text(sid));
        }
        add("Effect", Node::text(if *effect == Effect::Allow { "Allow" } else { "Deny" }));
        match principal {
            Some(PrincipalElement::Principal(principals)) => add("Principal", principals.to_node()),
            Some(PrincipalElement::NotPrincipal(principals)) => add("NotPrincipal", principals.to_node()),
            None => {}
        }
        match action {
            Some(ActionElement::Action(values)) => add("Action", Node::strings(values)),
            Some(ActionElement::NotAction(values)) => add("NotAction", Node::strings(values)),
            None => {}
        }
        match resource {
            Some(ResourceElement::Resource(values)) => add("Resource", Node::strings(values)),
            Some(ResourceElement::NotResource(values)) => add("NotResource", Node::strings(values)),
            None => {}
        }
        if let Some(conditions) = condition {
            let operators = conditions.0.iter().map(|(operator, keys)| {
                let keys = keys
                    .iter()
                    .map(|(key, values)| (key.clone(), Node::one_or_many(values, Scalar::to_node)));
                (operator.clone(), Node::Object(keys.collect()))
            });
            add("Condition", Node::Object(operators.collect()));
        }
        members.extend(unknown.iter().map(|(key, value)| (key.clone(), Node::Leaf(value.to_string()))));
        Node::Object(members)
    }
}
impl Scalar {
    fn to_node(&self) -> Node {
        match self {
            Self::String(text) => Node::text(text),
            Self::Number(_) | Self::Bool(_) => Node::Leaf(self.to_string()),
        }
    }
}
impl Principals {
    fn to_node(&self) -> Node {
        match self {
            Self::Any => Node::text("*"),
            Self::ByKind(kinds) => Node::Object(
                kinds.iter().map(|(kind, values)| (kind.clone(), Node::strings(values))).collect(),
            ),
        }
    }
}
/// JSON with ordered members, ready to write.
pub(super) enum Node {
    /// Already JSON.
    Leaf(String),
    List(Vec<Node>),
    Object(Vec<(String, Node)>),
}

impl Node {
    fn text(text: &str) -> Self {
        Self::Leaf(quote(text))
    }

    fn one_or_many<T>(values: &OneOrMany<T>, node: impl Fn(&T) -> Self) -> Self {
        match values {
            OneOrMany::One(value) => node(value),
            OneOrMany::Many(values) => Self::List(values.iter().map(node).collect()),
        }
    }

    fn strings(values: &OneOrMany<String>) -> Self {
        Self::one_or_many(values, |text| Self::text(text))
    }

    fn write_compact(&self, out: &mut String) {
        match self {
            Self::Leaf(json) => out.push_str(json),
            Self::List(nodes) => {
                out.push('[');
                for (index, node) in nodes.iter().enumerate() {
                    out.push_str(if index == 0 { "" } else { "," });
                    node.write_compact(out);
                }
                out.push(']');
            }
            Self::Object(members) => {
                out.push('{');
                for (index, (name, node)) in members.iter().enumerate() {
                    out.push_str(if index == 0 { "" } else { "," });
                    out.push_str(&quote(name));
                    out.push(':');
                    node.write_compact(out);
                }
                out.push('}');
            }
        }
    }

    pub(super) fn write_pretty(&self, out: &mut String, depth: usize) {
        let indent = |out: &mut String, depth: usize| {
            out.push('\n');
            (0..depth).for_each(|_| out.push_str("  "));
        };
        match self {
            Self::Leaf(json) => out.push_str(json),
            Self::List(nodes) if nodes.is_empty() => out.push_str("[]"),
            Self::List(nodes) => {
                out.push('[');
                for (index, node) in nodes.iter().enumerate() {
                    out.push_str(if index == 0 { "" } else { "," });
                    indent(out, depth + 1);
                    node.write_pretty(out, depth + 1);
                }
                indent(out, depth);
                out.push(']');
            }
            Self::Object(members) if members.is_empty() => out.push_str("{}"),
            Self::Object(members) => {
                out.push('{');
                for (index, (name, node)) in members.iter().enumerate() {
                    out.push_str(if index == 0 { "" } else { "," });
                    indent(out, depth + 1);
                    out.push_str(&quote(name));
                    out.push_str(": ");
                    node.write_pretty(out, depth + 1);
                }
                indent(out, depth);
                out.push('}');
            }
        }
    }
}

fn quote(text: &str) -> String {
    Value::from(text).to_string()
}
