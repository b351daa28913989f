-- Put this into ~/.config/nvim/lsp/tapir.lua, and `vim.lsp.enable('tapir')` into init.lua.
vim.filetype.add({ extension = { rules = 'tapir-rules' } })

return {
  cmd = { 'tapir', 'lsp' },
  filetypes = { 'tapir-rules' },
  root_markers = { 'tapir.yaml', 'suricata.yaml', 'snort.conf', 'snort.lua', '.git' },
}
