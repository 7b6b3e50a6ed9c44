//! Results: one description of what a command found, printed as tables, JSON or YAML.

mod layout;
mod listing;

pub(crate) use listing::{Column, Listing, significant};

use serde_json::{Map, Value};

use crate::cli::Form;
use crate::{look, show};

/// What a command found, in sections. As JSON and YAML it is an object with one entry per section, so that sections can
/// be added without breaking readers.
#[derive(Debug, Default)]
pub(crate) struct Document {
    sections: Vec<(&'static str, Section)>,
}

#[derive(Debug)]
enum Section {
    Listing { heading: Option<String>, listing: Listing },
    Facts(Vec<(&'static str, Value)>),
    Note { value: Value, sentence: String },
}

impl Document {
    /// Nothing yet.
    pub(crate) fn new() -> Self {
        Self::default()
    }

    /// Adds rows under a name.
    pub(crate) fn listing(mut self, name: &'static str, listing: Listing) -> Self {
        self.sections.push((name, Section::Listing { heading: None, listing }));
        self
    }

    /// Adds rows under a name and a heading of their own.
    pub(crate) fn headed(mut self, name: &'static str, heading: impl Into<String>, listing: Listing) -> Self {
        self.sections.push((name, Section::Listing { heading: Some(heading.into()), listing }));
        self
    }

    /// Adds single facts under a name, shown one per line.
    pub(crate) fn facts(mut self, name: &'static str, facts: Vec<(&'static str, Value)>) -> Self {
        self.sections.push((name, Section::Facts(facts)));
        self
    }

    /// Adds facts that people read as a text of its own.
    pub(crate) fn told(mut self, name: &'static str, facts: Vec<(&'static str, Value)>, text: String) -> Self {
        let value = facts.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
        self.sections.push((name, Section::Note { value: Value::Object(value), sentence: text }));
        self
    }

    /// Adds a value that people read as a sentence.
    pub(crate) fn note(mut self, name: &'static str, value: impl Into<Value>, sentence: impl Into<String>) -> Self {
        self.sections.push((name, Section::Note { value: value.into(), sentence: sentence.into() }));
        self
    }

    /// Prints it in the form asked for.
    pub(crate) fn show(&self) {
        match look::get().form {
            Some(form @ (Form::Json | Form::Yaml)) => value(&self.value(), form),
            _ => show::line(self.text().trim_end()),
        }
    }

    fn value(&self) -> Value {
        let entry = |(name, section): &(&'static str, Section)| {
            let value = match section {
                Section::Listing { listing, .. } => listing.value(),
                Section::Facts(facts) => {
                    Value::Object(facts.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect())
                }
                Section::Note { value, .. } => value.clone(),
            };
            ((*name).to_owned(), value)
        };
        Value::Object(self.sections.iter().map(entry).collect::<Map<_, _>>())
    }

    /// It as people read it, for a pager.
    pub(crate) fn text_in_full(&self) -> String {
        self.text().trim_end().to_owned()
    }

    fn text(&self) -> String {
        let mut parts = Vec::new();
        let width = look::get().width;
        for (_, section) in &self.sections {
            parts.push(match section {
                Section::Listing { heading, listing } => {
                    let heading = heading.as_ref().map(|heading| format!("{heading}\n")).unwrap_or_default();
                    format!("{heading}{}", listing.text(width))
                }
                Section::Facts(facts) => layout::facts(facts, width),
                Section::Note { sentence, .. } => sentence.clone(),
            });
        }
        parts.retain(|part| !part.is_empty());
        parts.join("\n\n")
    }
}

/// Prints a value as one document.
pub(crate) fn value(value: &Value, form: Form) {
    match form {
        Form::Yaml => show::line(format_args!("---\n{}", yaml(value).trim_end())),
        _ => show::line(format_args!("{value:#}")),
    }
}

/// A value as YAML; as JSON, which is YAML too, if that cannot be.
pub(crate) fn yaml(value: &Value) -> String {
    serde_saphyr::to_string(value).unwrap_or_else(|_| value.to_string())
}
