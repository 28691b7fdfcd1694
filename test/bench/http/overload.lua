-- wrk: locks as lock.lua makes them; who is refused waits as he is told when BENCH_PATIENT is "yes".
dofile(os.getenv("BENCH_LOCKS"))
local patient = os.getenv("BENCH_PATIENT") == "yes"
local waits = {}
granted, refused, told, others = 0, 0, 0, 0

function response(status, headers)
    if status == 201 then
        granted = granted + 1
    elseif status == 503 or status == 429 then
        refused = refused + 1
        local after = tonumber(headers["Retry-After"])
        if after then
            told = told + 1
            waits[#waits + 1] = after * 1000
        end
    elseif status ~= 409 then
        others = others + 1
    end
end

-- Of no connection in particular, for wrk does not say which one asks: the sum is right.
function delay()
    if not patient or #waits == 0 then return 0 end
    return table.remove(waits)
end

local all = {}
local setup_locks = setup
function setup(thread)
    setup_locks(thread)
    all[#all + 1] = thread
end

function done(summary)
    local sums = { granted = 0, refused = 0, told = 0, others = 0 }
    for _, thread in ipairs(all) do
        for name in pairs(sums) do sums[name] = sums[name] + thread:get(name) end
    end
    io.write(string.format("overload %.0f granted/s %d refused %d told %d others %d broken\n",
        sums.granted / summary.duration * 1e6, sums.refused, sums.told, sums.others,
        summary.errors.connect + summary.errors.read + summary.errors.write +
        summary.errors.timeout))
end
