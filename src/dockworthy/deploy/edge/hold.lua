-- Requests of a service that has no container for a moment wait here until one is well, for some seconds.
local gone = {}  -- backend -> when it was first seen without one
local well = { L4OK = true, L6OK = true, L7OK = true }

local function serves(backend)
    for name, server in pairs(backend.servers) do
        if name ~= "hold" then
            local now = server:get_stats()
            if now.status:find("^UP") and well[now.check_status] then return true end
        end
    end
    return false
end

core.register_task(function()
    while true do
        for name in pairs(gone) do
            local backend = core.backends[name]
            if backend == nil or serves(backend) then gone[name] = nil end
        end
        core.msleep(500)
    end
end)

core.register_action("hold", { "http-req" }, function(txn)
    local name = txn:get_var("txn.backend")
    local backend = name and core.backends[name]
    local most = tonumber(txn:get_var("txn.wait")) or 0
    while backend do
        if serves(backend) then return end
        local now = core.now()
        now = now.sec + now.usec / 1e6
        gone[name] = gone[name] or now
        if now > gone[name] + most then break end
        core.msleep(50)
    end
    txn:set_var("txn.gone", true)
end)
