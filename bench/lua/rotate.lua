-- Sends the requests of a file in turn, over all connections: wrk -s rotate.lua URL -- FILE [collect]
-- The file holds whole HTTP requests, each ended by a NUL. With `collect`, statuses and new tokens are kept as well: the
-- reading of every answer costs the load generator, so only the scenario that needs it asks for it.

local requests, at = {}, 0
local threads = {}

function setup(thread)
  threads[#threads + 1] = thread
end

function init(args)
  statuses, tokens = "", ""
  local file = assert(io.open(args[1], "rb"))
  for request in file:read("*a"):gmatch("([^%z]+)%z") do
    requests[#requests + 1] = request
  end
  file:close()
  if args[2] == "collect" then
    response = collect
  end
end

function request()
  at = at % #requests + 1
  return requests[at]
end

local counts = {}

function collect(status, _headers, body)
  counts[status] = (counts[status] or 0) + 1
  if status == 200 then
    tokens = tokens .. body:match('"access_token":"(%w+_%w+)"') .. " "
  end
  statuses = ""
  for each, count in pairs(counts) do
    statuses = statuses .. each .. "=" .. count .. " "
  end
end

-- One line of JSON, which bench/wrk.py reads. Times are microseconds.
function done(summary, latency, _requests)
  local errors = summary.errors
  local lost = errors.connect + errors.read + errors.write + errors.timeout
  io.write(string.format(
    'REPORT {"requests":%d,"microseconds":%d,"p50":%d,"p99":%d,"refused":%d,"lost":%d,"statuses":"%s","tokens":"%s"}\n',
    summary.requests, summary.duration, latency:percentile(50), latency:percentile(99), errors.status, lost,
    threads[1]:get("statuses"), threads[1]:get("tokens")))
end
