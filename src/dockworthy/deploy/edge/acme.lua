-- Answers the challenges of an ACME authority from the files that its client writes on the host.
core.register_service("acme", "http", function(applet)
    local token = applet.path:match("^/%.well%-known/acme%-challenge/([%w_-]+)$")
    local file = token and io.open("/etc/edge/acme/.well-known/acme-challenge/" .. token, "rb")
    local status, body = 404, "There is no such challenge.\n"
    if file then
        status, body = 200, file:read(4096) or ""
        file:close()
    end
    applet:set_status(status)
    applet:add_header("content-type", "text/plain")
    applet:add_header("content-length", tostring(#body))
    applet:start_response()
    applet:send(body)
end)
