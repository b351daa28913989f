//! The server: messages in, answers and diagnostics out.

use std::error::Error;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;

use lsp_server::{
    Connection, ErrorCode, ExtractError, Message, Notification, Request, RequestId, Response,
};
use lsp_types::notification::{self as note, Notification as _};
use lsp_types::request::{self as ask, Request as _};
use lsp_types::{
    CodeActionProviderCapability, CodeLensOptions, CompletionOptions, CompletionResponse,
    Diagnostic, DocumentSymbolResponse, ExecuteCommandOptions, FoldingRangeProviderCapability,
    HoverProviderCapability, InitializeParams, MessageType, NumberOrString, OneOf, Position,
    PositionEncodingKind, PublishDiagnosticsParams, Range, SemanticTokens,
    SemanticTokensFullOptions, SemanticTokensLegend, SemanticTokensOptions, SemanticTokensResult,
    ServerCapabilities, ShowMessageParams, TextDocumentSyncCapability, TextDocumentSyncKind,
    TextDocumentSyncOptions, TextDocumentSyncSaveOptions, TextEdit, Url,
};
use serde_json::{Value, json};
use tapir_rules::{Source, format};

use crate::completion::{Place, complete};
use crate::document::Document;
use crate::reading::Found;
use crate::workspace::{Concerned, Workspace};
use crate::{TryRule, actions, colours, hover, lens, navigation};

/// Diagnostics that are sent of one file; the worst of them, where there are more.
const MOST_DIAGNOSTICS: usize = 2000;

type Failure = Box<dyn Error + Send + Sync>;

pub(crate) struct Server {
    workspace: Workspace,
    try_rule: TryRule,
    /// The client is asked to tell of files that change on the disk.
    watches: bool,
}

impl Server {
    pub(crate) fn new(begin: &Value, try_rule: TryRule) -> Self {
        let mut workspace = Workspace::default();
        workspace.scan(&folders(begin));
        Self {
            workspace,
            try_rule,
            watches: can_watch(begin),
        }
    }

    pub(crate) fn capabilities(&self) -> Value {
        let capabilities = ServerCapabilities {
            position_encoding: Some(PositionEncodingKind::UTF16),
            text_document_sync: Some(TextDocumentSyncCapability::Options(
                TextDocumentSyncOptions {
                    open_close: Some(true),
                    change: Some(TextDocumentSyncKind::INCREMENTAL),
                    save: Some(TextDocumentSyncSaveOptions::Supported(true)),
                    ..TextDocumentSyncOptions::default()
                },
            )),
            completion_provider: Some(CompletionOptions {
                trigger_characters: Some([":", ";", " ", "$", ","].map(str::to_owned).into()),
                ..CompletionOptions::default()
            }),
            hover_provider: Some(HoverProviderCapability::Simple(true)),
            definition_provider: Some(OneOf::Left(true)),
            references_provider: Some(OneOf::Left(true)),
            document_symbol_provider: Some(OneOf::Left(true)),
            folding_range_provider: Some(FoldingRangeProviderCapability::Simple(true)),
            document_formatting_provider: Some(OneOf::Left(true)),
            code_action_provider: Some(CodeActionProviderCapability::Simple(true)),
            code_lens_provider: Some(CodeLensOptions {
                resolve_provider: Some(false),
            }),
            execute_command_provider: Some(ExecuteCommandOptions {
                commands: vec![lens::RUN.into()],
                ..ExecuteCommandOptions::default()
            }),
            semantic_tokens_provider: Some(
                SemanticTokensOptions {
                    legend: SemanticTokensLegend {
                        token_types: colours::TYPES.into(),
                        token_modifiers: Vec::new(),
                    },
                    range: Some(true),
                    full: Some(SemanticTokensFullOptions::Bool(true)),
                    ..SemanticTokensOptions::default()
                }
                .into(),
            ),
            ..ServerCapabilities::default()
        };
        json!({
            "capabilities": capabilities,
            "serverInfo": {"name": "tapir", "version": env!("CARGO_PKG_VERSION")},
        })
    }

    /// Answers until the client says goodbye.
    pub(crate) fn run(mut self, connection: &Connection) -> Result<bool, Failure> {
        if self.watches {
            watch(connection)?;
        }
        for message in &connection.receiver {
            match message {
                Message::Request(request) if connection.handle_shutdown(&request)? => {
                    return Ok(true);
                }
                Message::Request(request) => {
                    let id = request.id.clone();
                    // What goes wrong with one request ends no other.
                    let answer =
                        catch_unwind(AssertUnwindSafe(|| self.answer(request, connection)));
                    let failed = || {
                        let message = "the request could not be answered".to_owned();
                        Response::new_err(id, ErrorCode::InternalError as i32, message)
                    };
                    connection
                        .sender
                        .send(answer.unwrap_or_else(|_| failed()).into())?;
                }
                Message::Notification(told) => {
                    // What cannot be read or understood is passed over, as the protocol has no answer to it.
                    let _ = catch_unwind(AssertUnwindSafe(|| self.hear(told, connection)));
                }
                Message::Response(_) => {}
            }
        }
        Ok(false)
    }

    fn hear(&mut self, told: Notification, connection: &Connection) -> Result<(), Failure> {
        match &*told.method {
            note::DidOpenTextDocument::METHOD => {
                let it = read::<note::DidOpenTextDocument>(told)?.text_document;
                let concerned = self.workspace.open(it.uri.clone(), it.version, it.text);
                self.publish(&it.uri, connection)?;
                self.publish_others(&concerned, &it.uri, connection)
            }
            note::DidChangeTextDocument::METHOD => {
                let it = read::<note::DidChangeTextDocument>(told)?;
                let (uri, version) = (it.text_document.uri, it.text_document.version);
                let mut concerned = Concerned::default();
                for change in it.content_changes {
                    let more = self.workspace.change(&uri, |document, around| {
                        document.version = version;
                        document.change(change, around)
                    });
                    concerned = concerned.and(more);
                }
                self.publish(&uri, connection)?;
                self.publish_others(&concerned, &uri, connection)
            }
            note::DidSaveTextDocument::METHOD => {
                let uri = read::<note::DidSaveTextDocument>(told)?.text_document.uri;
                let concerned = self.workspace.change(&uri, Document::check);
                self.publish(&uri, connection)?;
                self.publish_others(&concerned, &uri, connection)
            }
            note::DidCloseTextDocument::METHOD => {
                let uri = read::<note::DidCloseTextDocument>(told)?.text_document.uri;
                let concerned = self.workspace.close(&uri);
                let none = PublishDiagnosticsParams::new(uri.clone(), Vec::new(), None);
                send(connection, none)?;
                self.publish_others(&concerned, &uri, connection)
            }
            note::DidChangeWatchedFiles::METHOD => {
                for change in read::<note::DidChangeWatchedFiles>(told)?.changes {
                    let concerned = self.workspace.read_closed(&change.uri);
                    self.publish_others(&concerned, &change.uri, connection)?;
                }
                Ok(())
            }
            _ => Ok(()),
        }
    }

    /// Publishes what is to be said now of other files because one changed.
    fn publish_others(
        &self,
        concerned: &Concerned,
        changed: &Url,
        connection: &Connection,
    ) -> Result<(), Failure> {
        let others = self.workspace.open_and(concerned, changed);
        others
            .iter()
            .try_for_each(|uri| self.publish(uri, connection))
    }

    fn publish(&self, uri: &Url, connection: &Connection) -> Result<(), Failure> {
        let Some(document) = self.workspace.open.get(uri) else {
            return Ok(());
        };
        let conflicts = self.workspace.conflicts(document);
        let mut all: Vec<&Found> = conflicts.iter().chain(&document.found).collect();
        all.sort_by_key(|found| (severity_rank(found), found.range.start));
        all.truncate(MOST_DIAGNOSTICS);
        all.sort_by_key(|found| found.range.start);
        let told = all.into_iter().map(|found| Diagnostic {
            range: found.range,
            severity: Some(found.severity),
            code: Some(NumberOrString::String(found.code.clone())),
            source: Some("tapir".into()),
            message: found.message.clone(),
            ..Diagnostic::default()
        });
        let version = Some(document.version);
        send(
            connection,
            PublishDiagnosticsParams::new(uri.clone(), told.collect(), version),
        )
    }

    fn answer(&mut self, request: Request, connection: &Connection) -> Response {
        let id = request.id.clone();
        match self.result_of(request, connection) {
            Ok(Some(value)) => Response::new_ok(id, value),
            Ok(None) => unknown(id),
            Err(message) => Response::new_err(id, ErrorCode::RequestFailed as i32, message),
        }
    }

    /// The result of a request; nothing when it is none that the server knows.
    fn result_of(
        &mut self,
        request: Request,
        connection: &Connection,
    ) -> Result<Option<Value>, String> {
        let value = match &*request.method {
            ask::Completion::METHOD => {
                let it = take::<ask::Completion>(request)?.text_document_position;
                json!(self.completion(&it.text_document.uri, it.position))
            }
            ask::HoverRequest::METHOD => {
                let it = take::<ask::HoverRequest>(request)?.text_document_position_params;
                let found = self.document(&it.text_document.uri);
                json!(found.and_then(|document| hover::hover(
                    document,
                    it.position,
                    &self.workspace
                )))
            }
            ask::GotoDefinition::METHOD => {
                let it = take::<ask::GotoDefinition>(request)?.text_document_position_params;
                let found = self.document(&it.text_document.uri);
                json!(found.map(|document| navigation::definition(
                    document,
                    it.position,
                    &self.workspace
                )))
            }
            ask::References::METHOD => {
                let it = take::<ask::References>(request)?.text_document_position;
                let found = self.document(&it.text_document.uri);
                json!(found.map(|document| navigation::references(
                    document,
                    it.position,
                    &self.workspace
                )))
            }
            ask::DocumentSymbolRequest::METHOD => {
                let uri = take::<ask::DocumentSymbolRequest>(request)?
                    .text_document
                    .uri;
                let symbols = self.document(&uri).map(navigation::symbols);
                json!(symbols.map(DocumentSymbolResponse::Nested))
            }
            ask::FoldingRangeRequest::METHOD => {
                let uri = take::<ask::FoldingRangeRequest>(request)?.text_document.uri;
                json!(self.document(&uri).map(navigation::folds))
            }
            ask::Formatting::METHOD => {
                let uri = take::<ask::Formatting>(request)?.text_document.uri;
                json!(self.document(&uri).map(formatted))
            }
            ask::CodeActionRequest::METHOD => {
                let it = take::<ask::CodeActionRequest>(request)?;
                let uri = &it.text_document.uri;
                json!(self.document(uri).map(|document| {
                    let conflicts = self.workspace.conflicts(document);
                    let all: Vec<&Found> = conflicts.iter().chain(&document.found).collect();
                    actions::actions(uri, it.range, &all)
                }))
            }
            ask::CodeLensRequest::METHOD => {
                let uri = take::<ask::CodeLensRequest>(request)?.text_document.uri;
                json!(
                    self.document(&uri)
                        .map(|document| lens::lenses(&uri, document))
                )
            }
            ask::SemanticTokensFullRequest::METHOD => {
                let uri = take::<ask::SemanticTokensFullRequest>(request)?
                    .text_document
                    .uri;
                json!(self.tokens(&uri, None))
            }
            ask::SemanticTokensRangeRequest::METHOD => {
                let it = take::<ask::SemanticTokensRangeRequest>(request)?;
                json!(self.tokens(&it.text_document.uri, Some(it.range)))
            }
            ask::ExecuteCommand::METHOD => {
                self.execute(take::<ask::ExecuteCommand>(request)?.arguments, connection)?
            }
            _ => return Ok(None),
        };
        Ok(Some(value))
    }

    fn document(&self, uri: &Url) -> Option<&Document> {
        self.workspace.open.get(uri)
    }

    fn completion(&self, uri: &Url, position: Position) -> Option<CompletionResponse> {
        let document = self.document(uri)?;
        let first = document.block(position.line).first;
        let (start, end) = (document.text.start(first), document.text.offset(position));
        let before = document.text.as_str().get(start..end)?;
        let place = Place::of(before);
        Some(CompletionResponse::Array(complete(
            &place,
            document.dialect,
            &self.workspace,
        )))
    }

    fn tokens(&self, uri: &Url, range: Option<Range>) -> Option<SemanticTokensResult> {
        let document = self.document(uri)?;
        let (first, last) = range.map_or((0, u32::MAX), |range| (range.start.line, range.end.line));
        Some(SemanticTokensResult::Tokens(SemanticTokens {
            result_id: None,
            data: colours::tokens(document, first, last),
        }))
    }

    /// Tries a rule on its capture.
    fn execute(&self, arguments: Vec<Value>, connection: &Connection) -> Result<Value, String> {
        let mut arguments = arguments.into_iter();
        let uri = arguments
            .next()
            .and_then(|uri| Url::parse(uri.as_str()?).ok());
        let line = arguments
            .next()
            .and_then(|line| u32::try_from(line.as_u64()?).ok());
        let (Some(uri), Some(line)) = (uri, line) else {
            return Err("the command takes a file and a line".into());
        };
        let document = self.document(&uri).ok_or("the file is not open")?;
        let (rule, capture) = lens::rule_and_capture(&uri, document, line)?;
        let trial = (self.try_rule)(&rule, &capture)?;
        let message = match trial.alerts {
            0 => format!("no alert\n{}", trial.explanation),
            1 => "1 alert".into(),
            many => format!("{many} alerts"),
        };
        let shown = ShowMessageParams {
            typ: if trial.alerts > 0 {
                MessageType::INFO
            } else {
                MessageType::WARNING
            },
            message,
        };
        let shown = Notification::new(note::ShowMessage::METHOD.into(), shown);
        // A client that is gone needs no message.
        let _ = connection.sender.send(shown.into());
        Ok(json!({"alerts": trial.alerts, "explanation": trial.explanation}))
    }
}

/// The folders that a client works in.
fn folders(begin: &Value) -> Vec<PathBuf> {
    let Ok(begin) = serde_json::from_value::<InitializeParams>(begin.clone()) else {
        return Vec::new();
    };
    let named = begin.workspace_folders.unwrap_or_default();
    let named = named
        .iter()
        .filter_map(|folder| folder.uri.to_file_path().ok());
    let mut folders: Vec<PathBuf> = named.collect();
    #[allow(deprecated)] // Older clients send nothing else.
    if let Some(root) = begin.root_uri.filter(|_| folders.is_empty()) {
        folders.extend(root.to_file_path().ok());
    }
    folders
}

/// Whether the client takes a registration for files that it is to watch.
fn can_watch(begin: &Value) -> bool {
    let watched = &begin["capabilities"]["workspace"]["didChangeWatchedFiles"];
    watched["dynamicRegistration"] == Value::Bool(true)
}

/// Asks the client to tell of rules that change on the disk.
fn watch(connection: &Connection) -> Result<(), Failure> {
    let params = json!({"registrations": [{
        "id": "rules",
        "method": note::DidChangeWatchedFiles::METHOD,
        "registerOptions": {"watchers": [{"globPattern": "**/*.rules"}]},
    }]});
    let id = RequestId::from("watch".to_owned());
    let asked = Request::new(id, ask::RegisterCapability::METHOD.into(), params);
    Ok(connection.sender.send(asked.into())?)
}

fn severity_rank(found: &Found) -> u8 {
    match found.severity {
        lsp_types::DiagnosticSeverity::ERROR => 0,
        lsp_types::DiagnosticSeverity::WARNING => 1,
        _ => 2,
    }
}

/// The changes that bring a document into canonical form.
fn formatted(document: &Document) -> Vec<TextEdit> {
    let source = Source::new("rules", document.text.as_str().as_bytes());
    let result = format(&source, Some(document.dialect));
    let edit = |change: &tapir_rules::Change| {
        let new = result.text.get(change.new.clone()).unwrap_or_default();
        let range = document.text.range(change.old.start, change.old.end);
        TextEdit::new(range, String::from_utf8_lossy(new).into_owned())
    };
    result.changes.iter().map(edit).collect()
}

fn send(connection: &Connection, params: PublishDiagnosticsParams) -> Result<(), Failure> {
    let told = Notification::new(note::PublishDiagnostics::METHOD.into(), params);
    Ok(connection.sender.send(told.into())?)
}

fn unknown(id: RequestId) -> Response {
    Response::new_err(
        id,
        ErrorCode::MethodNotFound as i32,
        "the server does not know this request".into(),
    )
}

fn read<N: note::Notification>(
    told: Notification,
) -> Result<N::Params, ExtractError<Notification>> {
    told.extract(N::METHOD)
}

fn take<R: ask::Request>(request: Request) -> Result<R::Params, String> {
    let taken = request.extract(R::METHOD);
    taken
        .map(|(_, params)| params)
        .map_err(|error| error.to_string())
}
