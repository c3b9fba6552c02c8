-- helo.lua -- refuse clients that lie about who they are.
--
-- A stranger who greets with our own name, or with an address that is not his, is no mail server.
-- What is decided here is spoken at RCPT, and forgotten when the client logs in.

local function is_local(ip)
  return ip == "::1" or ip:match("^127%.")
end

on("helo", function(tx)
  local name = tx.helo:lower()

  if is_local(tx.ip) then return end
  if name == tx.hostname then
    return reject(550, "5.7.1", "That is my name, not yours")
  end
  -- [192.0.2.1], or without its brackets; IPv6 has too many ways to be written.
  local address = name:match("^%[?(%d+%.%d+%.%d+%.%d+)%]?$")
  if address and address ~= tx.ip then
    return reject(550, "5.7.1", "Your address is " .. tx.ip .. ", not " .. address)
  end
end)
