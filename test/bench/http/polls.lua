-- wrk: each request shows another token of POLL_TOKENS, a file with one a line; POLL_PATH is asked.
local tokens = {}
local next_token = 0

function init()
    local path = os.getenv("POLL_PATH")
    for line in io.lines(os.getenv("POLL_TOKENS")) do tokens[#tokens + 1] = line end
    request = function()
        next_token = next_token % #tokens + 1
        -- Each from an address of its own, as a crowd is; the edge would say so.
        return wrk.format("GET", path, {
            ["Tix-Queue-Token"] = tokens[next_token],
            ["X-Real-IP"] = "10." .. math.random(0, 255) .. "." .. math.random(0, 255) .. ".1",
        })
    end
end

function done(summary)
    io.write(string.format("answers %d refused %d\n", summary.requests, summary.errors.status))
end
