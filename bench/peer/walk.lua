-- Walks through a file of paths, one per request, from a given line on; says at
-- the end what was answered.   wrk … -s walk.lua URL -- FILE FIRST COOKIE

local heads = {}
local at = 0

function init(args)
    heads["Cookie"] = args[3]
    local paths = {}
    for line in io.lines(args[1]) do
        paths[#paths + 1] = line
    end
    at = tonumber(args[2])
    requests = {}
    for place, path in ipairs(paths) do
        requests[place] = wrk.format("GET", path, heads)
    end
end

function request()
    at = at % #requests + 1
    return requests[at]
end

function done(summary, latency, _)
    local errors = summary.errors
    io.write(string.format(
        '\n{"requests": %d, "us": %d, "bytes": %d, "median_us": %d, "p99_us": %d, "failed": %d}\n',
        summary.requests, summary.duration, summary.bytes, latency:percentile(50), latency:percentile(99),
        errors.connect + errors.read + errors.write + errors.status + errors.timeout))
end
