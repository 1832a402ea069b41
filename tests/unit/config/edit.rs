//! Tests of `config::edit`.
#![expect(clippy::unwrap_used, reason = "tests")]

use crate::config::edit::*;
use crate::model::Address;
use crate::model::OpenGuest;

const WEB: &str = "7f1c2d3e-0000-4000-8000-000000000005";

fn web() -> Address {
    Address::WebMessaging { deployment_id: WEB.to_owned(), origin: "https://shop.example".to_owned() }
}

fn added(text: &str, profile: &str, name: &str, address: &Address) -> Result<String, String> {
    let mut document = parse(text)?;
    add_conversation(&mut document, profile, name, address)?;
    Ok(document.to_string())
}

/// Every byte that was there is there still, in its order.
#[test]
fn what_a_person_wrote_stays() {
    let text = "# mine\nprofile = 'a'   # the one\n\n[profiles.a]\nregion = \"mypurecloud.de\" # Frankfurt\n\n\
                    [[profiles.a.conversations]]\nname = \"One\"\nchannel = \"guest-api\"\nconversation_id = \"x\"\n\n\
                    # keys last\n[keys.log]\nmark = [ \"x\" ]\n";
    let changed = added(text, "a", "Anna, web", &web()).unwrap();
    let block = format!(
        "\n[[profiles.a.conversations]]\nname = \"Anna, web\"\nchannel = \"web-messaging\"\ndeployment_id = \"{WEB}\"\n\
             origin = \"https://shop.example\"\n"
    );
    assert!(changed.contains(&block), "{changed}");
    assert_eq!(changed.replace(&block, ""), text);
    assert!(changed.find("Anna, web").unwrap() < changed.find("# keys last").unwrap(), "beside its siblings");
}

#[test]
fn each_form_of_a_list_is_added_to() {
    let open = Address::OpenMessaging {
        integration_id: "i".to_owned(),
        guest: OpenGuest { id: "g".to_owned(), id_type: "Opaque".to_owned(), nickname: Some("Anna".to_owned()) },
    };
    for text in [
        "[profiles.a]\nregion = \"r\"\n",
        "[profiles]\na = { region = \"r\", conversations = [] }\n",
        "[profiles.a]\nconversations = [{ name = \"One\", channel = \"guest-api\", conversation_id = \"x\" }]\n",
    ] {
        let changed = added(text, "a", "One", &open).unwrap();
        let table: toml::Table = changed.parse().unwrap();
        let list = table["profiles"]["a"]["conversations"].as_array().unwrap();
        let last = list.last().unwrap();
        assert_eq!(last["guest"]["nickname"].as_str(), Some("Anna"), "{changed}");
        assert_eq!(last["name"].as_str(), Some(if list.len() > 1 { "One 2" } else { "One" }), "names differ");
    }
    let text = added("[profiles.a]\nregion = \"r\"\n", "a", "Anna", &web()).unwrap();
    assert!(added(&text, "a", "Again", &web()).unwrap_err().contains("already, as “Anna”"));
    assert!(added(&text, "b", "Anna", &web()).unwrap_err().contains("no profile `b`"));
    assert!(added("profiles = [", "a", "x", &web()).unwrap_err().contains("is not TOML"));
}
