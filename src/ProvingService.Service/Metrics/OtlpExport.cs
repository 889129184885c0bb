// Owns: measurements and traces to a collector by OTLP. What is measured: ServiceMetrics, ServiceTraces.

using System.Globalization;
using OpenTelemetry;
using OpenTelemetry.Exporter;
using OpenTelemetry.Metrics;
using OpenTelemetry.Resources;
using OpenTelemetry.Trace;

namespace ProvingService.Service;

/// <summary>
/// Sends until disposed; then what is left goes out, for at most five seconds. Port 4318, and every address with a path, is
/// taken for OTLP over HTTP (to which <c>/v1/metrics</c> and <c>/v1/traces</c> are added), all others for OTLP over gRPC.
/// </summary>
internal sealed class OtlpExport : IDisposable
{
    private const int HttpPort = 4318, IntervalMilliseconds = 15_000, LastMilliseconds = 5_000;

    private readonly MeterProvider meters;
    private readonly TracerProvider traces;

    /// <summary>Begins to send.</summary>
    /// <param name="collector">Where to.</param>
    /// <exception cref="SetupException">It is no address of HTTP.</exception>
    public OtlpExport(Uri collector)
    {
        if (!collector.IsAbsoluteUri || collector.Scheme is not ("http" or "https"))
        {
            throw new SetupException($"--otlp: '{collector}' is no http or https address; such as http://localhost:4317 is expected.");
        }

        ResourceBuilder resource = ResourceBuilder.CreateDefault().AddService(
            "zkps", serviceNamespace: "proving", ServiceVersion.Text, serviceInstanceId: string.Create(CultureInfo.InvariantCulture, $"{Environment.MachineName}/{Environment.ProcessId}"));
        meters = Sdk.CreateMeterProviderBuilder()
            .SetResourceBuilder(resource)
            .AddMeter(ServiceMetrics.MeterName, "ProvingService.Gpu", "System.Runtime")
            .AddOtlpExporter((exporter, reader) =>
            {
                Aim(exporter, collector, "v1/metrics");
                reader.PeriodicExportingMetricReaderOptions.ExportIntervalMilliseconds = IntervalMilliseconds;
            })
            .Build();
        traces = Sdk.CreateTracerProviderBuilder()
            .SetResourceBuilder(resource)
            .AddSource(ServiceTraces.SourceName, "Microsoft.AspNetCore")
            .AddOtlpExporter(exporter => Aim(exporter, collector, "v1/traces"))
            .Build();
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        meters.Shutdown(LastMilliseconds);
        traces.Shutdown(LastMilliseconds);
        meters.Dispose();
        traces.Dispose();
    }

    private static void Aim(OtlpExporterOptions exporter, Uri collector, string path)
    {
        bool isHttp = collector.Port == HttpPort || collector.AbsolutePath.Length > 1;
        exporter.Protocol = isHttp ? OtlpExportProtocol.HttpProtobuf : OtlpExportProtocol.Grpc;
        exporter.Endpoint = isHttp ? new Uri($"{collector.GetLeftPart(UriPartial.Path).TrimEnd('/')}/{path}") : collector;
    }
}
