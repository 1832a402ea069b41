pub fn har(_: Vec<&crate::model::Exchange>) -> serde_json::Value {
    serde_json::Value::Null
}
