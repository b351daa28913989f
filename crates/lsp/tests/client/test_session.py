"""A real client of the protocol talks to the binary."""

import os
import pathlib

import pytest_lsp
from lsprotocol import types
from pytest_lsp import ClientServerConfig, LanguageClient

RULE = (
    'alert tcp any any -> any 80 (msg:"one"; flow:to_server; content:"abcdefgh"; '
    "classtype:misc-activity; sid:1; rev:1;)\n"
)


@pytest_lsp.fixture(config=ClientServerConfig(server_command=[os.environ["TAPIR"], "lsp"]))
async def client(lsp_client: LanguageClient, tmp_path_factory):
    lsp_client.folder = tmp_path_factory.mktemp("rules")
    await lsp_client.initialize_session(
        types.InitializeParams(
            capabilities=types.ClientCapabilities(),
            workspace_folders=[types.WorkspaceFolder(uri=lsp_client.folder.as_uri(), name="rules")],
        )
    )
    yield
    await lsp_client.shutdown_session()


def open_file(client, name, text):
    uri = (client.folder / name).as_uri()
    client.text_document_did_open(
        types.DidOpenTextDocumentParams(
            text_document=types.TextDocumentItem(uri=uri, language_id="rules", version=1, text=text)
        )
    )
    return uri


async def told(client):
    await client.wait_for_notification(types.TEXT_DOCUMENT_PUBLISH_DIAGNOSTICS)


async def test_diagnostics_as_typed(client):
    uri = open_file(client, "a.rules", RULE)
    await told(client)
    assert not client.diagnostics[uri]
    at = types.Position(line=0, character=RULE.index("content"))
    client.text_document_did_change(
        types.DidChangeTextDocumentParams(
            text_document=types.VersionedTextDocumentIdentifier(uri=uri, version=2),
            content_changes=[
                types.TextDocumentContentChangePartial(range=types.Range(start=at, end=at), text="conten:5; ")
            ],
        )
    )
    await told(client)
    [diagnostic] = client.diagnostics[uri]
    assert diagnostic.severity == types.DiagnosticSeverity.Error
    assert "content" in diagnostic.message


async def test_completion_and_hover(client):
    uri = open_file(client, "b.rules", RULE.replace("sid:1", "sid:2"))
    await told(client)
    at = types.Position(line=0, character=RULE.index("content") + 4)
    document = types.TextDocumentIdentifier(uri=uri)
    items = await client.text_document_completion_async(
        types.CompletionParams(text_document=document, position=at)
    )
    assert "http.uri" in [item.label for item in items]
    hover = await client.text_document_hover_async(types.HoverParams(text_document=document, position=at))
    assert hover.contents.value.startswith("**content**")


async def test_a_rule_is_tried_on_its_capture(client):
    capture = pathlib.Path(os.environ["CAPTURE"])
    text = f"# tapir: pcap {capture}\n" + RULE.replace("abcdefgh", "GET ").replace("sid:1", "sid:3")
    uri = open_file(client, "c.rules", text)
    await told(client)
    document = types.TextDocumentIdentifier(uri=uri)
    [lens] = await client.text_document_code_lens_async(types.CodeLensParams(text_document=document))
    result = await client.workspace_execute_command_async(
        types.ExecuteCommandParams(command=lens.command.command, arguments=lens.command.arguments)
    )
    assert result["alerts"] == 1
