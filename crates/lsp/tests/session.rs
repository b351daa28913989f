//! A client and the server, message by message.

use std::thread::JoinHandle;

use lsp_server::{Connection, Message, Notification, Request, Response};
use serde_json::{Value, json};
use tapir_lsp::{Trial, serve};

const RULE: &str = "alert tcp any any -> any 80 (msg:\"one\"; flow:to_server; content:\"abcdefgh\"; flowbits:set,seen; classtype:misc-activity; sid:1; rev:1;)\n";
const CHECKS: &str = "alert tcp any any -> any 80 (msg:\"two\"; flow:to_server; content:\"ijklmnop\"; flowbits:isset,seen; classtype:misc-activity; sid:2; rev:1;)\n";

struct Client {
    connection: Connection,
    server: Option<JoinHandle<bool>>,
    asked: i32,
    folder: tempfile::TempDir,
}

impl Client {
    fn new(files: &[(&str, &str)]) -> Self {
        Self::able(files, json!({}))
    }

    /// A client that can do something.
    fn able(files: &[(&str, &str)], capabilities: Value) -> Self {
        let folder = tempfile::tempdir().unwrap();
        for (name, text) in files {
            std::fs::write(folder.path().join(name), text).unwrap();
        }
        let (connection, other) = Connection::memory();
        let server = std::thread::spawn(move || {
            let try_rule = |rule: &str, capture: &std::path::Path| {
                let name = capture.file_name().unwrap().to_string_lossy();
                assert!(rule.starts_with("alert"));
                Ok(Trial {
                    alerts: u64::from(name == "hit.pcap"),
                    explanation: format!("tried on {name}"),
                })
            };
            serve(&other, Box::new(try_rule)).unwrap()
        });
        let mut client = Self {
            connection,
            server: Some(server),
            asked: 0,
            folder,
        };
        let root = client.uri("");
        let said = client.ask(
            "initialize",
            json!({"capabilities": capabilities, "workspaceFolders": [{"uri": root, "name": "w"}]}),
        );
        assert_eq!(said["serverInfo"]["name"], "tapir");
        client.tell("initialized", json!({}));
        client
    }

    fn uri(&self, name: &str) -> String {
        format!("file://{}/{name}", self.folder.path().display())
    }

    fn tell(&self, method: &str, params: Value) {
        let told = Notification::new(method.into(), params);
        self.connection.sender.send(told.into()).unwrap();
    }

    fn respond(&mut self, method: &str, params: Value) -> Response {
        self.asked += 1;
        let request = Request::new(self.asked.into(), method.into(), params);
        self.connection.sender.send(request.into()).unwrap();
        loop {
            if let Message::Response(response) = self.connection.receiver.recv().unwrap() {
                return response;
            }
        }
    }

    fn ask(&mut self, method: &str, params: Value) -> Value {
        let response = self.respond(method, params);
        assert!(response.error.is_none(), "{:?}", response.error);
        response.result.unwrap()
    }

    /// Opens a file, and gives the codes and lines of what is said of it.
    fn open(&self, name: &str, text: &str) -> Vec<(String, u64)> {
        let document =
            json!({"uri": self.uri(name), "languageId": "rules", "version": 1, "text": text});
        self.tell("textDocument/didOpen", json!({"textDocument": document}));
        self.told()
    }

    fn change(&self, name: &str, range: [u32; 4], text: &str) -> Vec<(String, u64)> {
        let [l1, c1, l2, c2] = range;
        let range =
            json!({"start": {"line": l1, "character": c1}, "end": {"line": l2, "character": c2}});
        self.tell(
            "textDocument/didChange",
            json!({
                "textDocument": {"uri": self.uri(name), "version": 2},
                "contentChanges": [{"range": range, "text": text}],
            }),
        );
        self.told()
    }

    fn told(&self) -> Vec<(String, u64)> {
        loop {
            let Message::Notification(told) = self.connection.receiver.recv().unwrap() else {
                continue;
            };
            if told.method == "textDocument/publishDiagnostics" {
                let all = told.params["diagnostics"].as_array().unwrap().iter();
                let one = |it: &Value| {
                    let line = it["range"]["start"]["line"].as_u64().unwrap();
                    (it["code"].as_str().unwrap().to_owned(), line)
                };
                return all.map(one).collect();
            }
        }
    }

    fn at(&self, name: &str, line: u32, character: u32) -> Value {
        json!({
            "textDocument": {"uri": self.uri(name)},
            "position": {"line": line, "character": character},
        })
    }

    fn of(&self, name: &str) -> Value {
        json!({"textDocument": {"uri": self.uri(name)}})
    }

    fn bye(mut self) {
        self.ask("shutdown", json!(null));
        self.tell("exit", json!(null));
        assert!(self.server.take().unwrap().join().unwrap());
    }
}

fn pair(code: &str, line: u64) -> (String, u64) {
    (code.to_owned(), line)
}

#[test]
fn diagnostics_follow_what_is_typed() {
    let client = Client::new(&[("other.rules", CHECKS)]);
    assert_eq!(client.open("a.rules", RULE), []);
    // The quote of the content is gone.
    let at = RULE.find("\"abcdefgh").unwrap() as u32;
    let told = client.change("a.rules", [0, at, 0, at + 1], "");
    assert!(
        told.iter()
            .any(|(code, line)| code.starts_with('R') && *line == 0),
        "{told:?}"
    );
    assert_eq!(client.change("a.rules", [0, at, 0, at], "\""), []);
    client.bye();
}

#[test]
fn numbers_and_flowbits_are_counted_over_the_workspace() {
    let client = Client::new(&[("other.rules", CHECKS)]);
    // The same number as a rule of a file that is not open; its bit is checked there.
    let same = RULE.replace("sid:1;", "sid:2;");
    assert_eq!(client.open("a.rules", &same), [pair("R017", 0)]);
    let at = RULE.find("seen").unwrap() as u32;
    let told = client.change("a.rules", [0, at, 0, at + 4], "else");
    assert_eq!(told, [pair("L014", 0), pair("R017", 0)]);
    // Its reader is alone now.
    assert_eq!(
        client.open("other.rules", CHECKS),
        [pair("L013", 0), pair("R017", 0)]
    );
    client.bye();
}

#[test]
fn flowbits_lead_to_the_rules_that_set_them() {
    let mut client = Client::new(&[("other.rules", CHECKS), ("a.rules", RULE)]);
    client.open("other.rules", CHECKS);
    let at = CHECKS.find("seen").unwrap() as u32 + 1;
    let found = client.ask("textDocument/definition", client.at("other.rules", 0, at));
    assert_eq!(found.as_array().unwrap().len(), 1);
    assert_eq!(found[0]["uri"], client.uri("a.rules"));
    let mut params = client.at("other.rules", 0, at);
    params["context"] = json!({"includeDeclaration": true});
    let found = client.ask("textDocument/references", params);
    assert_eq!(found.as_array().unwrap().len(), 2);
    let hover = client.ask("textDocument/hover", client.at("other.rules", 0, at));
    let text = hover["contents"]["value"].as_str().unwrap();
    assert!(
        text.contains("1:1 sets it: one (a.rules)") && text.contains("1:2 checks it"),
        "{text}"
    );
    client.bye();
}

#[test]
fn words_are_completed_and_explained() {
    let mut client = Client::new(&[]);
    client.open(
        "a.rules",
        "alert http any any -> any any (http.u; flow:; classtype:trojan-activity; sid:1;)\n",
    );
    let labels = |found: &Value| -> Vec<String> {
        let all = found.as_array().unwrap().iter();
        all.map(|item| item["label"].as_str().unwrap().to_owned())
            .collect()
    };
    let found = client.ask("textDocument/completion", client.at("a.rules", 0, 37));
    assert!(labels(&found).contains(&"http.user_agent".into()));
    let found = client.ask("textDocument/completion", client.at("a.rules", 0, 44));
    assert!(labels(&found).contains(&"to_server".into()));
    let found = client.ask("textDocument/completion", client.at("a.rules", 0, 3));
    assert!(labels(&found).contains(&"reject".into()));
    let hover = client.ask("textDocument/hover", client.at("a.rules", 0, 60));
    assert!(
        hover["contents"]["value"]
            .as_str()
            .unwrap()
            .contains("priority 1")
    );
    let hover = client.ask("textDocument/hover", client.at("a.rules", 0, 40));
    assert!(
        hover["contents"]["value"]
            .as_str()
            .unwrap()
            .starts_with("**flow**")
    );
    client.bye();
}

#[test]
fn fixes_are_offered_and_files_formatted() {
    let mut client = Client::new(&[]);
    let rule = "alert tcp any any -> any 80 (sid:1; msg:\"m\"; flow:to_server; content:\"abcdefgh\"; classtype:misc-activity;)\n";
    assert_eq!(client.open("a.rules", rule), [pair("L002", 0)]);
    let mut params = client.of("a.rules");
    params["range"] =
        json!({"start": {"line": 0, "character": 0}, "end": {"line": 0, "character": 99}});
    params["context"] = json!({"diagnostics": []});
    let found = client.ask("textDocument/codeAction", params);
    let titles: Vec<&str> = found
        .as_array()
        .unwrap()
        .iter()
        .map(|it| it["title"].as_str().unwrap())
        .collect();
    assert_eq!(titles, ["Write `rev:1` (L002)", "Allow L002 in this rule"]);
    assert_eq!(
        client.change("a.rules", [0, 0, 0, 0], "# tapir: allow L002\n"),
        []
    );
    let mut params = client.of("a.rules");
    params["options"] = json!({"tabSize": 4, "insertSpaces": true});
    let edits = client.ask("textDocument/formatting", params);
    assert_eq!(edits.as_array().unwrap().len(), 1);
    let text = edits[0]["newText"].as_str().unwrap();
    assert!(
        text.starts_with("alert tcp any any -> any 80 (msg:\"m\"; flow:to_server;"),
        "{text}"
    );
    assert_eq!(
        edits[0]["range"]["start"],
        json!({"line": 1, "character": 0})
    );
    client.bye();
}

#[test]
fn rules_are_tried_on_the_capture_that_a_comment_names() {
    let mut client = Client::new(&[]);
    client.open(
        "a.rules",
        &format!("# tapir: pcap hit.pcap\n{RULE}\n# tapir: pcap miss.pcap\n{CHECKS}"),
    );
    let found = client.ask("textDocument/codeLens", client.of("a.rules"));
    let titles: Vec<&str> = found
        .as_array()
        .unwrap()
        .iter()
        .map(|it| it["command"]["title"].as_str().unwrap())
        .collect();
    assert_eq!(titles, ["Try on hit.pcap", "Try on miss.pcap"]);
    for (lens, alerts) in [(0, 1), (1, 0)] {
        let command = &found[lens]["command"];
        let params = json!({"command": command["command"], "arguments": command["arguments"]});
        let result = client.ask("workspace/executeCommand", params);
        assert_eq!(result["alerts"], alerts);
    }
    client.bye();
}

#[test]
fn a_capture_belongs_to_the_rule_below_it_alone() {
    let mut client = Client::new(&[]);
    let disabled =
        (10..3000).map(|sid| format!("# {}", RULE.replace("sid:1;", &format!("sid:{sid};"))));
    let disabled: String = disabled.collect();
    let text = format!(
        "# tapir: pcap hit.pcap\n{disabled}{RULE}# tapir: pcap miss.pcap\n# and why\n{CHECKS}"
    );
    client.open("a.rules", &text);
    let found = client.ask("textDocument/codeLens", client.of("a.rules"));
    let lenses: Vec<(&str, u64)> = found
        .as_array()
        .unwrap()
        .iter()
        .map(|it| {
            let line = it["range"]["start"]["line"].as_u64().unwrap();
            (it["command"]["title"].as_str().unwrap(), line)
        })
        .collect();
    assert_eq!(lenses, [("Try on hit.pcap", 1), ("Try on miss.pcap", 2994)]);
    client.bye();
}

#[test]
fn what_is_allowed_stands_right_above_a_rule_of_several_lines() {
    let mut client = Client::new(&[]);
    let rule = "alert tcp any any -> any 80\n(\n    msg:\"one\";\n    flow:to_server;\n    \
                content:\"abcdefgh\",nocase;\n    service:http;\n    classtype:misc-activity;\n    sid:1;\n)\n";
    let other = rule
        .replace("sid:1", "sid:2")
        .replace("abcdefgh", "qrstuvwx")
        .replace("one", "two");
    let last = "alert tcp any any -> any 80 ( msg:\"three\"; flow:to_server; content:\"ijklmnop\",nocase; service:http; classtype:misc-activity; sid:3; rev:1; )\n";
    let told = client.open("a.rules", &format!("# ours\n\n{rule}{other}{last}"));
    let codes: Vec<&str> = told.iter().map(|(code, _)| &**code).collect();
    assert_eq!(codes, ["L002", "L002"]);
    // The lines behind a change move, and what is said of them does.
    client.change("a.rules", [0, 0, 0, 0], "# these are\n");
    let mut params = client.of("a.rules");
    params["range"] =
        json!({"start": {"line": 12, "character": 0}, "end": {"line": 20, "character": 1}});
    params["context"] = json!({"diagnostics": []});
    let found = client.ask("textDocument/codeAction", params);
    let allow = found.as_array().unwrap().iter();
    let allow: Vec<&Value> = allow
        .filter(|it| it["title"] == "Allow L002 in this rule")
        .map(|it| &it["edit"]["changes"][client.uri("a.rules")][0])
        .collect();
    let [allow] = allow[..] else {
        panic!("one rule is concerned: {found}");
    };
    assert_eq!(allow["range"]["start"], json!({"line": 12, "character": 0}));
    let text = allow["newText"].as_str().unwrap();
    assert_eq!(client.change("a.rules", [12, 0, 12, 0], text).len(), 1);
    client.bye();
}

#[test]
fn the_outline_folds_and_colours_of_a_file() {
    let mut client = Client::new(&[]);
    let lines = "# a\n# b\n# c\nalert tcp any any -> any 80 (msg:\"x\"; \\\n  content:\"abcdefgh\"; \\\n  sid:7;)\n";
    client.open("a.rules", lines);
    let found = client.ask("textDocument/documentSymbol", client.of("a.rules"));
    assert_eq!(found[0]["name"], "1:7 x");
    let found = client.ask("textDocument/foldingRange", client.of("a.rules"));
    let folds: Vec<_> = found
        .as_array()
        .unwrap()
        .iter()
        .map(|it| (it["startLine"].as_u64(), it["endLine"].as_u64()))
        .collect();
    assert_eq!(folds, [(Some(3), Some(5)), (Some(0), Some(2))]);
    let found = client.ask("textDocument/semanticTokens/full", client.of("a.rules"));
    let data: Vec<u64> = found["data"]
        .as_array()
        .unwrap()
        .iter()
        .map(|it| it.as_u64().unwrap())
        .collect();
    // Three comments, then the action, the protocol and the port.
    let first: Vec<&[u64]> = data.chunks(5).take(6).collect();
    let expected: [&[u64]; 6] = [
        &[0, 0, 3, 0, 0],
        &[1, 0, 3, 0, 0],
        &[1, 0, 3, 0, 0],
        &[1, 0, 5, 1, 0],
        &[0, 6, 3, 2, 0],
        &[0, 19, 2, 6, 0],
    ];
    assert_eq!(first, expected);
    client.bye();
}

#[test]
fn what_the_server_does_not_know_is_answered_so() {
    let mut client = Client::new(&[]);
    let response = client.respond("textDocument/unheardOf", json!({}));
    assert_eq!(response.error.unwrap().code, -32601);
    let response = client.respond("textDocument/hover", json!({"nonsense": true}));
    assert!(response.error.is_some());
    // What is no request is passed over.
    client.tell("textDocument/didChange", json!({"nonsense": true}));
    assert_eq!(client.open("a.rules", "alert\n").len(), 1);
    client.bye();
}

#[test]
fn other_open_files_are_told_of_what_concerns_them() {
    let client = Client::new(&[]);
    assert_eq!(client.open("checks.rules", CHECKS), [pair("L013", 0)]);
    // A rule that sets the flowbit is opened: what was said of the other file is taken back.
    assert_eq!(client.open("a.rules", RULE), []);
    assert_eq!(client.told(), []);
    // Its number becomes that of the other rule.
    let at = RULE.find("sid:1").unwrap() as u32 + 4;
    assert_eq!(
        client.change("a.rules", [0, at, 0, at + 1], "2"),
        [pair("R017", 0)]
    );
    assert_eq!(client.told(), [pair("R017", 0)]);
    // What concerns no other file is told of this one alone.
    client.change("a.rules", [0, at, 0, at + 1], "7");
    assert_eq!(client.told(), []);
    let msg = RULE.find("one").unwrap() as u32;
    assert_eq!(client.change("a.rules", [0, msg, 0, msg + 3], "uno"), []);
    client.bye();
}

#[test]
fn files_on_the_disk_are_watched() {
    let client = Client::able(
        &[("a.rules", RULE)],
        json!({"workspace": {"didChangeWatchedFiles": {"dynamicRegistration": true}}}),
    );
    let Message::Request(asked) = client.connection.receiver.recv().unwrap() else {
        panic!("a registration");
    };
    assert_eq!(asked.method, "client/registerCapability");
    let watched = &asked.params["registrations"][0];
    assert_eq!(watched["method"], "workspace/didChangeWatchedFiles");
    assert_eq!(
        watched["registerOptions"]["watchers"][0]["globPattern"],
        "**/*.rules"
    );
    let answer = Response::new_ok(asked.id, json!(null));
    client.connection.sender.send(answer.into()).unwrap();

    assert_eq!(client.open("checks.rules", CHECKS), []);
    std::fs::remove_file(client.folder.path().join("a.rules")).unwrap();
    client.tell(
        "workspace/didChangeWatchedFiles",
        json!({"changes": [{"uri": client.uri("a.rules"), "type": 3}]}),
    );
    assert_eq!(client.told(), [pair("L013", 0)]);
    client.bye();
}
