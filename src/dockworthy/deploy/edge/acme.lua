-- Answers the challenges of an ACME authority from the files that its client writes on the host. Where the edge is on
-- several hosts, the authority may ask any of them, and the client wrote on one: the others are asked (the arguments,
-- ADDRESS:PORT), once, by a request that says that it comes from here.
local others = table.pack(...)
local ASKED = "x-dockworthy-challenge"

local function elsewhere(applet, token)
    if applet.headers[ASKED] then
        return nil
    end
    for number = 1, others.n do
        local answer = core.httpclient():get({
            url = "http://" .. others[number] .. "/.well-known/acme-challenge/" .. token,
            headers = { ["host"] = { "challenge.invalid" }, [ASKED] = { "1" } },
            timeout = 2000,
        })
        if answer and answer.status == 200 and answer.body and #answer.body <= 4096 then
            return answer.body
        end
    end
end

core.register_service("acme", "http", function(applet)
    local token = applet.path:match("^/%.well%-known/acme%-challenge/([%w_-]+)$")
    local file = token and io.open("/etc/edge/acme/.well-known/acme-challenge/" .. token, "rb")
    local status, body = 404, "There is no such challenge.\n"
    if file then
        status, body = 200, file:read(4096) or ""
        file:close()
    elseif token then
        local found = elsewhere(applet, token)
        if found then
            status, body = 200, found
        end
    end
    applet:set_status(status)
    applet:add_header("content-type", "text/plain")
    applet:add_header("content-length", tostring(#body))
    applet:start_response()
    applet:send(body)
end)
