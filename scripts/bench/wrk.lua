-- wrk ... -s wrk.lua URL -- 'Header: value'...     Says the result in one line.
function init(args)
  for i = 1, #args do
    local name, value = args[i]:match("^([^:]+):%s*(.*)$")
    if name then wrk.headers[name] = value end
  end
end

function done(summary, latency)
  local errors = summary.errors
  io.write(string.format("req/s=%.0f p50=%.2fms p99=%.2fms non2xx=%d sockerr=%d\n",
    summary.requests / (summary.duration / 1e6), latency:percentile(50) / 1000, latency:percentile(99) / 1000,
    errors.status, errors.connect + errors.read + errors.write + errors.timeout))
end
