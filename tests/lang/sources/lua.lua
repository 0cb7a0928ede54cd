local M = {}

--- Adds two numbers.
-- @param a one
local function add(a, b)
  return a + b
end

function greet(name)
  print(name)
end

-- Dotted.
function M.open(path)
  return path
end

function M:close()
  self.closed = true
end

M.flush = function(force)
  return force
end

local helper = function(x) return x end
local a, b = 1, function() end

return {
  run = function() end,
  ["key"] = function() end,
  name = "x",
}
