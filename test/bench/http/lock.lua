-- wrk: each request takes the next seat of a walk over all seats that the threads share out.
-- The environment says where: BENCH_PATH, BENCH_TOKENS (one a thread, by blanks), BENCH_SEATS.
local threads = 0

function setup(thread)
    thread:set("number", threads)
    threads = threads + 1
end

function init()
    local path = os.getenv("BENCH_PATH")
    local seats = tonumber(os.getenv("BENCH_SEATS"))
    local tokens = {}
    for token in os.getenv("BENCH_TOKENS"):gmatch("%S+") do tokens[#tokens + 1] = token end
    local headers = {
        ["Authorization"] = "Bearer " .. tokens[number + 1],
        ["Content-Type"] = "application/json",
    }
    local taken = os.time() % 1000  -- a turn does not start where the one before did
    local count = #tokens
    request = function()
        taken = taken + 1
        local seat = (taken * count + number) * 7919 % seats + 1
        return wrk.format("POST", path, headers,
            string.format('{"seatIds":["%d"],"ttlSeconds":1}', seat))
    end
end

function done(summary)
    io.write(string.format("answers %d refused %d broken %d\n", summary.requests,
        summary.errors.status,
        summary.errors.connect + summary.errors.read + summary.errors.write +
        summary.errors.timeout))
end
