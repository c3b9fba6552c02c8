-- sender.lua -- refuse senders that nobody could answer.

local most = option("bounce_recipients", 1, "recipients of one notification (MAIL FROM:<>)")

on("mail", function(tx)
  local domain = tx.sender_domain

  if tx.authenticated or not domain then return end
  if domain:find("[", 1, true) then
    return reject(550, "5.1.8", "Mail from an address in brackets is not taken here")
  end
  if not domain:find(".", 1, true) then
    return reject(550, "5.1.8", "The sender's domain " .. domain .. " does not exist")
  end
end)

-- A notification goes to the one who sent the message.
on("rcpt", function(tx)
  if tx.sender == "" and tx.rcpt_count >= most and not tx.may_relay then
    return reject(550, "5.5.3", "A notification has one recipient")
  end
end)
