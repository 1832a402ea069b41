//! As much of JSON Schema as the pass format's uses. A keyword that is not known here fails, so that nothing is taken for
//! held that is not.

use serde_json::Value;

/// A schema.
pub struct Schema {
    root: Value,
}

type Judged = Result<(), String>;

impl Schema {
    pub fn new(root: Value) -> Self {
        Self { root }
    }

    pub fn judge(&self, value: &Value) -> Judged {
        self.at(&self.root, value, "")
    }

    fn at(&self, schema: &Value, value: &Value, place: &str) -> Judged {
        let schema = schema.as_object().ok_or("a schema is an object")?;
        for (keyword, wanted) in schema {
            let holds = match keyword.as_str() {
                "$schema" | "title" | "description" | "$defs" => true,
                "$ref" => {
                    let pointer = wanted.as_str().and_then(|r| r.strip_prefix('#')).ok_or("a reference")?;
                    return self.at(self.root.pointer(pointer).ok_or("a definition")?, value, place);
                }
                "type" => is(value, wanted.as_str().unwrap_or_default()),
                "enum" => wanted.as_array().is_some_and(|all| all.contains(value)),
                "const" => wanted == value,
                "pattern" => matches(wanted, value),
                "minLength" => value.as_str().is_none_or(|s| s.chars().count() as u64 >= wanted.as_u64().unwrap_or(0)),
                "minimum" => value.as_i64().is_none_or(|n| n >= wanted.as_i64().unwrap_or(i64::MAX)),
                "maximum" => value.as_i64().is_none_or(|n| n <= wanted.as_i64().unwrap_or(i64::MIN)),
                "minItems" => value.as_array().is_none_or(|a| a.len() as u64 >= wanted.as_u64().unwrap_or(0)),
                "minProperties" => value.as_object().is_none_or(|o| o.len() as u64 >= wanted.as_u64().unwrap_or(0)),
                "required" => value.as_object().is_none_or(|o| names(wanted).all(|n| o.contains_key(n))),
                "not" => self.at(wanted, value, place).is_err(),
                "anyOf" => self.count(wanted, value, place) > 0,
                "oneOf" => self.count(wanted, value, place) == 1,
                "dependentRequired" => value.as_object().is_none_or(|object| {
                    let needs = wanted.as_object().into_iter().flatten();
                    needs
                        .filter(|(n, _)| object.contains_key(*n))
                        .all(|(_, n)| names(n).all(|n| object.contains_key(n)))
                }),
                "items" => {
                    for (at, item) in value.as_array().into_iter().flatten().enumerate() {
                        self.at(wanted, item, &format!("{place}/{at}"))?;
                    }
                    true
                }
                "propertyNames" => {
                    for name in value.as_object().into_iter().flat_map(|o| o.keys()) {
                        self.at(wanted, &Value::from(name.as_str()), &format!("{place}/{name}"))?;
                    }
                    true
                }
                "properties" => {
                    for (name, schema) in wanted.as_object().into_iter().flatten() {
                        if let Some(value) = value.get(name) {
                            self.at(schema, value, &format!("{place}/{name}"))?;
                        }
                    }
                    true
                }
                "additionalProperties" => {
                    let known = schema.get("properties").and_then(Value::as_object);
                    for (name, value) in value.as_object().into_iter().flatten() {
                        if known.is_some_and(|k| k.contains_key(name)) {
                            continue;
                        }
                        if wanted == &Value::Bool(false) {
                            return Err(format!("{place}/{name} is not known"));
                        }
                        self.at(wanted, value, &format!("{place}/{name}"))?;
                    }
                    true
                }
                other => return Err(format!("the keyword {other} is not known here")),
            };
            if !holds {
                return Err(format!("{place}: {keyword}"));
            }
        }
        Ok(())
    }

    fn count(&self, schemas: &Value, value: &Value, place: &str) -> usize {
        schemas.as_array().into_iter().flatten().filter(|s| self.at(s, value, place).is_ok()).count()
    }
}

fn names(list: &Value) -> impl Iterator<Item = &str> {
    list.as_array().into_iter().flatten().filter_map(Value::as_str)
}

fn is(value: &Value, kind: &str) -> bool {
    match kind {
        "string" => value.is_string(),
        "boolean" => value.is_boolean(),
        "integer" => value.is_i64() || value.is_u64(),
        "array" => value.is_array(),
        "object" => value.is_object(),
        _ => false,
    }
}

fn matches(pattern: &Value, value: &Value) -> bool {
    let pattern = regex::Regex::new(pattern.as_str().unwrap_or("(")).expect("a pattern");
    value.as_str().is_none_or(|text| pattern.is_match(text))
}
