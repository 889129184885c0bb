// Owns: that the foreign tools are there where they must be.

using Xunit;

namespace ProvingService.Interop.Tests;

public sealed class ToolTests
{
    [InteropFact]
    public void Snarkjs_starts() => Node.Snarkjs("--version").Says("snarkjs@0.7.6");

    [Fact]
    public void What_is_missing_is_named() => Assert.True(ForeignTools.Missing is null or { Length: > 40 });
}
