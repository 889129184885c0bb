// Owns: how the service's logs look: on standard error, as text or as JSON.

using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Console;

namespace ProvingService.Cli;

/// <summary>Logs of long-running commands.</summary>
internal static class ServiceLogs
{
    /// <summary>Sets logging up.</summary>
    public static void Configure(ILoggingBuilder logging, bool asJson, bool verbose)
    {
        logging.SetMinimumLevel(LogLevel.Information);
        logging.AddFilter("ProvingService.Requests", verbose ? LogLevel.Information : LogLevel.Warning);
        logging.AddFilter("Microsoft", verbose ? LogLevel.Information : LogLevel.Warning);
        if (asJson)
        {
            logging.AddJsonConsole(format =>
            {
                format.UseUtcTimestamp = true;
                format.TimestampFormat = "yyyy-MM-ddTHH:mm:ss.fffZ";
            });
        }
        else
        {
            logging.AddSimpleConsole(format =>
            {
                format.SingleLine = true;
                format.ColorBehavior = LoggerColorBehavior.Disabled;
                format.UseUtcTimestamp = true;
                format.TimestampFormat = "yyyy-MM-ddTHH:mm:ss.fffZ ";
            });
        }

        logging.Services.Configure<ConsoleLoggerOptions>(console => console.LogToStandardErrorThreshold = LogLevel.Trace);
    }
}
