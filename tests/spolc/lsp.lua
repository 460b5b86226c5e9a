-- Neovim as a client of spolc --lsp, set up by the lines of doc/editors.md (editors.lua here).
-- Writes "ok WHAT" and "not ok WHAT: why", a line each.
local function check(what, good, detail)
  io.stderr:write(good and ('ok ' .. what .. '\n') or ('not ok ' .. what .. ': ' .. vim.inspect(detail):gsub('%s+', ' ') .. '\n'))
end

local function wait(what, condition)
  check(what, (vim.wait(15000, condition, 20)), vim.diagnostic.get())
end

local function findings()
  local text = {}
  for _, d in ipairs(vim.diagnostic.get(0)) do
    table.insert(text, d.code .. '@' .. d.lnum .. ':' .. d.col)
  end
  table.sort(text)
  return table.concat(text, ' ')
end

-- the server's only answer to a request about the cursor
local function ask(method, more)
  local params = vim.tbl_extend('force', vim.lsp.util.make_position_params(0, 'utf-16'), more or {})
  local answers = vim.lsp.buf_request_sync(0, method, params, 15000) or {}
  local _, answer = next(answers)
  return answer and answer.result or {}
end

local function main()
  dofile('editors.lua')
  vim.cmd('edit above.spol')
  wait('findings arrive', function() return findings() ~= '' end)
  check('findings are where the mistakes are', findings() == 'E0013@3:17 E1002@3:7', findings())
  check('the file type', vim.bo.filetype == 'spol', vim.bo.filetype)

  vim.api.nvim_win_set_cursor(0, { 4, 10 }) -- cou
  local items = ask('textDocument/completion').items or {}
  check('completion of a field', #items == 1 and items[1].label == 'count', items)
  local edit = items[1] and items[1].textEdit
  if edit then
    vim.lsp.util.apply_text_edits({ edit }, 0, 'utf-16')
  end
  check('completion is applied', vim.api.nvim_get_current_line() == 'read { count: equal }', vim.api.nvim_get_current_line())
  wait('the finding about the field goes', function() return findings() == 'E0013@3:19' end)

  -- what the editor's menu makes of it: CTRL-X CTRL-O calls this function, which ends in complete()
  check('completion by keys is set up', vim.bo.omnifunc == 'v:lua.vim.lsp.omnifunc', vim.bo.omnifunc)
  vim.api.nvim_buf_set_lines(0, 4, 4, false, { 'fstat { statbuf.st_a ' })
  vim.api.nvim_win_set_cursor(0, { 5, 20 })
  local complete, mode, column, menu = vim.fn.complete, vim.fn.mode, nil, nil
  vim.fn.mode = function() return 'i' end -- nobody types here
  vim.fn.complete = function(at, words) column, menu = at, words end
  vim.lsp.omnifunc(1, '')
  vim.wait(15000, function() return menu ~= nil end, 20)
  vim.fn.complete, vim.fn.mode = complete, mode
  check('the menu of a completion', menu and #menu == 1 and menu[1].word == 'statbuf.st_atim', menu)
  check('where it begins', column == 9, column)
  vim.api.nvim_buf_set_lines(0, 4, 5, false, {})
  vim.api.nvim_win_set_cursor(0, { 4, 0 })

  vim.api.nvim_win_set_cursor(0, { 4, 9 })
  local hover = ask('textDocument/hover')
  check('hover over a field', hover.contents and hover.contents.value:find('read.count', 1, true), hover)

  -- a quick fix
  local params = vim.lsp.util.make_given_range_params({ 4, 0 }, { 4, 20 }, 0, 'utf-16')
  params.context = { diagnostics = {} }
  local actions = ask('textDocument/codeAction', params)
  check('a quick fix is offered', #actions == 1 and actions[1].title == 'Insert `;`', actions)
  if actions[1] then
    vim.lsp.util.apply_workspace_edit(actions[1].edit, 'utf-16')
  end
  check('the quick fix is made', vim.api.nvim_get_current_line() == 'read { count: equal; }', vim.api.nvim_get_current_line())
  wait('no finding is left', function() return findings() == '' end)

  -- layout, by the key of the page
  vim.api.nvim_buf_set_lines(0, 3, 4, false, { 'read{count:equal ;}  # a comment' })
  vim.cmd('normal gF')
  wait('formatting', function()
    return vim.api.nvim_buf_get_lines(0, 3, 4, false)[1] == 'read { count: equal; } # a comment'
  end)
  vim.api.nvim_buf_set_lines(0, 3, 4, false, { 'read { count: equal; }' })

  -- as you type: behind characters that UTF-16 has in two units
  vim.api.nvim_buf_set_text(0, 2, 2, 2, 5, { '\240\159\152\128 and', '# more', 'let B = bogus; # \240\159\152\128' })
  wait('findings as you type', function() return findings():find('@4:8', 1, true) ~= nil end)
  vim.api.nvim_buf_set_text(0, 2, 0, 5, 0, { '' })
  wait('and they go', function() return findings() == '' end)

  -- across extends
  local line = vim.api.nvim_buf_line_count(0)
  vim.api.nvim_win_set_cursor(0, { line, 38 }) -- SLOP
  hover = ask('textDocument/hover')
  check('hover over a let of another file', hover.contents and hover.contents.value:find('let SLOP = 5s;', 1, true), hover)
  vim.cmd('write')
  vim.lsp.buf.definition()
  wait('definition leads to the other file', function()
    return vim.fn.expand('%:t') == 'below.spol' and vim.api.nvim_win_get_cursor(0)[1] == 2
  end)
  check('with the cursor on the name', vim.api.nvim_win_get_cursor(0)[2] == 4, vim.api.nvim_win_get_cursor(0))
  wait('the other file is attached, too', function() return #vim.tbl_keys(vim.lsp.buf_get_clients(0)) == 1 end)

  -- another name in both files
  vim.lsp.buf.rename('WAIT')
  wait('renamed in both files', function()
    local other = vim.fn.bufnr('above.spol')
    return vim.api.nvim_get_current_line() == 'let WAIT = 5s;'
      and vim.api.nvim_buf_get_lines(other, -2, -1, false)[1] == 'sysinfo { info.uptime: accept within WAIT; }'
  end)
  local symbols = ask('textDocument/documentSymbol', { textDocument = vim.lsp.util.make_text_document_params() })
  check('the outline', symbols[2] and symbols[2].name == 'WAIT', symbols)

  local client = next(vim.lsp.buf_get_clients(0))
  vim.lsp.stop_client(client)
  wait('the server ends', function() return vim.lsp.client_is_stopped(client) end)
  check('the end', true)
end

local good, why = pcall(main)
if not good then
  check('the script', false, why)
end
