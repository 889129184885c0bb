// Owns: the version that the service says it is.

using System.Reflection;

namespace ProvingService.Service;

/// <summary>The version.</summary>
internal static class ServiceVersion
{
    /// <summary>As the build says, without the commit.</summary>
    public static string Text { get; } =
        typeof(ServiceVersion).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion.Split('+')[0] ?? "0";
}
