-- The language server as Neovim sees it: open, wrong and right edits, hover, a code action applied; the command line is the judge.
-- nvim --headless -u NONE -c 'luafile tests/clients/neovim.lua'

local here = vim.fn.fnamemodify(debug.getinfo(1, 'S').source:sub(2), ':p:h')
local binary = vim.fn.fnamemodify(vim.env.ARCHCHECK or 'target/debug/archcheck', ':p')
local folder = vim.fn.resolve(vim.fn.tempname())
local levels = { 'error', 'warning', 'note' }
local client

local function finish(failure)
  if client then vim.lsp.stop_client(client) end
  vim.fn.delete(folder, 'rf')
  io.write(failure and ('FAILED: ' .. failure .. '\n') or 'passed\n')
  vim.cmd(failure and 'cquit 1' or 'qall!')
end

local function command_line()
  local lines = vim.fn.systemlist('cd ' .. vim.fn.shellescape(folder) .. ' && ' .. vim.fn.shellescape(binary) .. ' --format json --no-cache --fail-on never 2>/dev/null')
  local found = {}
  for _, finding in ipairs(vim.fn.json_decode(lines).findings) do
    found[#found + 1] = table.concat({ finding.location.path, finding.location.line, finding.rule, finding.level }, ':')
  end
  table.sort(found)
  return table.concat(found, '\n')
end

local function shown()
  local found = {}
  for _, diagnostic in ipairs(vim.diagnostic.get()) do
    local path = vim.api.nvim_buf_get_name(diagnostic.bufnr):sub(#folder + 2)
    local code = diagnostic.code or diagnostic.user_data.lsp.code
    found[#found + 1] = table.concat({ path, diagnostic.lnum + 1, code, levels[diagnostic.severity] }, ':')
  end
  table.sort(found)
  return table.concat(found, '\n')
end

local function says_the_same(when)
  vim.cmd('silent wall')
  local expected = command_line()
  if not vim.wait(30000, function() return shown() == expected end, 50) then
    error(when .. '\nthe server:\n' .. shown() .. '\nthe command line:\n' .. expected)
  end
  return expected
end

local function request(method, params)
  local answers = vim.lsp.buf_request_sync(0, method, params, 10000)
  for _, answer in pairs(answers or error('no answer to ' .. method)) do
    return answer.result
  end
end

local function run()
  vim.fn.system({ 'cp', '-r', here .. '/../../examples/python-shop', folder })
  vim.fn.delete(folder .. '/.archcheck-cache', 'rf')
  vim.o.swapfile = false
  client = vim.lsp.start_client({ name = 'archcheck', cmd = { binary, 'lsp' }, root_dir = folder })
  assert(client, 'the server does not start')
  vim.cmd('edit ' .. vim.fn.fnameescape(folder .. '/shop/settings.py'))
  vim.lsp.buf_attach_client(0, client)
  local first = says_the_same('after opening')
  assert(#vim.split(first, '\n') == 9, 'nine findings, not\n' .. first)

  -- Text that is no Python, and back.
  vim.api.nvim_buf_set_lines(0, 0, 0, false, { 'def broken(:', '    (((' })
  says_the_same('with a broken file')
  vim.api.nvim_buf_set_lines(0, 0, 2, false, {})
  assert(says_the_same('as it was') == first)

  -- One finding more, and back; then a line above, and back.
  vim.api.nvim_buf_set_lines(0, -1, -1, false, { 'API_SECRET = "9b1c77e0f0d44a5e8c3b2a6d5e4f7081"' })
  assert(says_the_same('one more') ~= first)
  vim.cmd('silent undo')
  vim.api.nvim_buf_set_lines(0, 0, 0, false, { '' })
  assert(says_the_same('moved') ~= first)
  vim.cmd('silent undo')
  assert(says_the_same('as it was') == first)

  local line = vim.fn.search('SESSION_SECRET', 'w')
  vim.api.nvim_win_set_cursor(0, { line, 20 })
  local hover = request('textDocument/hover', vim.lsp.util.make_position_params())
  assert(vim.inspect(hover):find('hardcoded%-secret'), 'the page of the rule')

  local params = vim.lsp.util.make_range_params()
  local known = vim.diagnostic.get(0, { lnum = line - 1 })[1]
  local from, to = { line = known.lnum, character = known.col }, { line = known.end_lnum, character = known.end_col }
  params.context = { diagnostics = { { range = { start = from, ['end'] = to }, message = known.message, code = 'hardcoded-secret', source = 'archcheck' } } }
  local silence
  for _, action in ipairs(request('textDocument/codeAction', params)) do
    if action.edit and vim.inspect(action.edit):find('ignore') then silence = action end
  end
  assert(silence, 'an action that silences')
  vim.lsp.util.apply_workspace_edit(silence.edit, 'utf-16')
  assert(not says_the_same('after the comment'):find('settings.py:%d+:hardcoded'), 'the comment silences')

  vim.cmd('edit ' .. vim.fn.fnameescape(folder .. '/shop/routers/orders.py'))
  vim.lsp.buf_attach_client(0, client)
  -- Lenses are of the last analysis; a server asks for another look when there is a newer one.
  local lenses
  local seen = vim.wait(20000, function()
    lenses = request('textDocument/codeLens', { textDocument = vim.lsp.util.make_text_document_params() })
    return vim.inspect(lenses):find('router · reads') ~= nil
  end, 100)
  assert(seen, 'roles above definitions, not ' .. vim.inspect(lenses))
end

local ok, failure = xpcall(run, debug.traceback)
finish(not ok and failure or nil)
