-- header.lua -- mark messages without the fields that every mail program writes (RFC 5322, 3.6).
--
-- Nothing is refused for it: a rule in the mail program, or a later policy, may look at the mark.

local mark = option("mark", "X-Suspicious", "header field that names what is odd")

on("message", function(tx)
  if tx.authenticated then return end

  local odd = {}
  for _, name in ipairs { "From", "Date", "Message-ID" } do
    local count = #tx:headers(name)
    if count == 0 then odd[#odd + 1] = "no " .. name end
    if count > 1 then odd[#odd + 1] = count .. " times " .. name end
  end
  if #odd > 0 then
    tx:set_header(mark, table.concat(odd, ", "))
  elseif tx.header[mark] then
    tx:delete_header(mark) -- a stranger's own mark means nothing
  end
end)
