// Starts `tapir lsp` and connects it to the editor.
const { workspace } = require('vscode');
const { LanguageClient } = require('vscode-languageclient/node');

let client;

function activate() {
  const command = workspace.getConfiguration('tapir').get('path', 'tapir');
  client = new LanguageClient(
    'tapir',
    'Tapir',
    { command, args: ['lsp'] },
    {
      documentSelector: [{ language: 'tapir-rules' }],
      synchronize: { fileEvents: workspace.createFileSystemWatcher('**/*.rules') },
    },
  );
  return client.start();
}

function deactivate() {
  return client && client.stop();
}

module.exports = { activate, deactivate };
