// Owns: tests that several classes inherit, and that are skipped for the class whose store is missing here.

using System.Reflection;
using ProvingService.TestKit;
using Xunit;
using Xunit.Abstractions;
using Xunit.Sdk;

namespace ProvingService.Service.Tests.Stores;

/// <summary>A test class that needs a PostgreSQL server.</summary>
[AttributeUsage(AttributeTargets.Class)]
internal sealed class NeedsPostgresAttribute : Attribute
{
    /// <summary>Why tests are left out; null where they run. CI leaves nothing out: there they fail.</summary>
    public static string? Skip => string.Equals(Environment.GetEnvironmentVariable("CI"), "true", StringComparison.OrdinalIgnoreCase) ? null : PostgresServer.Missing;
}

/// <summary>A fact of the contract.</summary>
[AttributeUsage(AttributeTargets.Method)]
[XunitTestCaseDiscoverer("ProvingService.Service.Tests.Stores.ContractFactDiscoverer", "ProvingService.Service.Tests")]
internal sealed class ContractFactAttribute : FactAttribute;

/// <summary>Makes a skipped test of a fact whose class cannot run here.</summary>
internal sealed class ContractFactDiscoverer(IMessageSink diagnostics) : FactDiscoverer(diagnostics)
{
    protected override IXunitTestCase CreateTestCase(ITestFrameworkDiscoveryOptions options, ITestMethod method, IAttributeInfo fact)
    {
        bool needs = method.TestClass.Class.ToRuntimeType().IsDefined(typeof(NeedsPostgresAttribute), inherit: true);
        return needs && NeedsPostgresAttribute.Skip is { } reason
            ? new XunitSkippedDataRowTestCase(
                DiagnosticMessageSink, options.MethodDisplayOrDefault(), options.MethodDisplayOptionsOrDefault(), method, reason)
            : base.CreateTestCase(options, method, fact);
    }
}
