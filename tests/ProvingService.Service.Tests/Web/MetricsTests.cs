// Owns: tests of /metrics: the names, both formats, what they count, and that nothing is without bound.

using System.Diagnostics.Metrics;
using System.Net.Http.Headers;
using Xunit;

namespace ProvingService.Service.Tests.Web;

[Collection("web")]
public sealed class MetricsTests(WebFixture fixture)
{
    private readonly WebService service = fixture.Service;

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Everything_that_is_measured_is_there_in_both_formats(bool openMetrics)
    {
        await fixture.Service.Service.Client.Capacity.GetCapacityAsync(new());
        Dictionary<string, MetricGroup> groups = await ReadAsync(openMetrics);
        string total = openMetrics ? "" : "_total";
        foreach (string name in (string[])
        [
            "proving_queue_depth", "proving_queue_limit", "proving_queue_wait_seconds", "proving_workers", "proving_store_up", "proving_phase_duration_seconds",
            "proving_attempt_duration_seconds", "proving_job_duration_seconds", "proving_attempts" + total, "proving_store_duration_seconds", "proving_keys_memory_bytes",
            "proving_upload_bytes" + total, "proving_worker_busy", "proving_worker_slots", "proving_build_info", "rest_server_handled" + total, "rest_server_handling_seconds",
            "grpc_server_handled" + total, "grpc_server_handling_seconds", "process_cpu_seconds" + total, "process_resident_memory_bytes", "process_start_time_seconds", "process_threads",
            "dotnet_gc_collections" + total, "dotnet_process_cpu_count",
        ])
        {
            Assert.True(groups.ContainsKey(name), $"{name} is not among {string.Join(' ', groups.Keys)}.");
        }

        Assert.Equal(1, groups["proving_store_up"].Samples.Single().Value);
        Assert.Equal(["leased", "proving", "queued", "verifying"], groups["proving_queue_depth"].Samples.Select(sample => sample.Labels["state"]).Order());
        Assert.Contains(groups["proving_attempts" + total].Samples, sample => sample.Labels["outcome"] == "done" && sample.Labels["reason"] == "None" && sample.Value >= 1);
        Assert.Contains(groups["proving_phase_duration_seconds"].Samples, sample => sample.Labels["phase"] == "msm-b");
        Assert.Contains(groups["grpc_server_handled" + total].Samples, sample =>
            sample.Labels["grpc_service"] == "proving.v1.Capacity" && sample.Labels["grpc_method"] == "GetCapacity" && sample.Labels["grpc_code"] == "OK");
        Assert.Equal(openMetrics ? "seconds" : null, groups["proving_phase_duration_seconds"].Unit);
    }

    [Fact]
    public async Task Calls_and_verdicts_are_counted()
    {
        double before = await CountAsync();
        using HttpResponseMessage missing = await service.Http.GetAsync("/v1/jobs/0197a7c2-0000-7000-8000-000000000000");
        await WebService.ErrorAsync(missing, 404, "NOT_FOUND");
        Assert.Equal(before + 1, await CountAsync());

        async Task<double> CountAsync() => (await ReadAsync(false))["rest_server_handled_total"].Samples
            .Where(sample => sample.Labels["rest_method"] == "GetJob" && sample.Labels["rest_code"] == "NOT_FOUND").Sum(sample => sample.Value);
    }

    [Fact]
    public async Task No_label_tells_of_single_jobs_or_tenants()
    {
        string text = await service.Http.GetStringAsync("/metrics");
        Assert.DoesNotContain(fixture.Done, text, StringComparison.Ordinal);
        Assert.DoesNotContain("tenant", text, StringComparison.Ordinal);
        Assert.DoesNotContain("red", PrometheusText.Read(text, false).Values.SelectMany(group => group.Samples).SelectMany(sample => sample.Labels.Values));
    }

    [Fact]
    public void Labels_are_escaped_and_series_bounded()
    {
        using var meter = new Meter("ProvingService.Tests");
        using var exporter = new PrometheusExporter(meter);
        Counter<int> counter = meter.CreateCounter<int>("odd.things", "{thing}", "Back\\slash, \"quotes\" and\nlines.");
        counter.Add(2, new KeyValuePair<string, object?>("what.kind", "a\\b\"c\nd,e=\"f\""));
        Histogram<double> histogram = meter.CreateHistogram<double>("odd.time", "s", "Time.");
        foreach (double value in (double[])[0, 0.001, 0.0011, 1, 1e9])
        {
            histogram.Record(value);
        }

        meter.CreateObservableGauge("odd.level", () => double.NaN, null, "Level.");
        foreach (bool openMetrics in (bool[])[false, true])
        {
            Dictionary<string, MetricGroup> groups = PrometheusText.Read(exporter.Write(openMetrics), openMetrics);
            MetricSample odd = groups[openMetrics ? "odd_things" : "odd_things_total"].Samples.Single();
            Assert.Equal(("odd_things_total", "a\\b\"c\nd,e=\"f\"", 2), (odd.Name, odd.Labels["what_kind"], odd.Value));
            List<MetricSample> time = groups["odd_time_seconds"].Samples;
            Assert.Equal(2, time.Single(sample => sample.Labels.GetValueOrDefault("le") == "0.001").Value);
            Assert.Equal(3, time.Single(sample => sample.Labels.GetValueOrDefault("le") == "0.0025").Value);
            Assert.Equal(5, time.Single(sample => sample.Labels.GetValueOrDefault("le") == "+Inf").Value);
            Assert.True(double.IsNaN(groups["odd_level"].Samples.Single().Value));
        }

        for (int i = 0; i < 5000; i++)
        {
            counter.Add(1, new KeyValuePair<string, object?>("what.kind", i));
        }

        List<MetricSample> bounded = PrometheusText.Read(exporter.Write(false), false)["odd_things_total"].Samples;
        Assert.InRange(bounded.Count, 2, 1001);
        Assert.Equal(5002, bounded.Sum(sample => sample.Value));
        Assert.Contains(bounded, sample => sample.Labels.ContainsKey("overflow"));
    }

    private async Task<Dictionary<string, MetricGroup>> ReadAsync(bool openMetrics)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, "/metrics");
        if (openMetrics)
        {
            request.Headers.Accept.Add(MediaTypeWithQualityHeaderValue.Parse("application/openmetrics-text; version=1.0.0"));
        }

        using HttpResponseMessage response = await service.Http.SendAsync(request);
        string text = await response.Content.ReadAsStringAsync();
        Assert.True(response.IsSuccessStatusCode, text);
        Assert.Equal(openMetrics ? "application/openmetrics-text" : "text/plain", response.Content.Headers.ContentType?.MediaType);
        return PrometheusText.Read(text, openMetrics);
    }
}
