// Owns: that the program in the client library's README is the one that is compiled here, and that it works.

using ProvingService.Service.Tests.Processes;
using ProvingService.TestKit;
using Xunit;

namespace ProvingService.Service.Tests.Foreign;

[Collection("Processes")]
public sealed class ClientReadmeTests(ForeignService fixture) : IClassFixture<ForeignService>
{
    [Fact]
    public async Task The_program_works()
    {
        using var chain = new ChainKey(100);
        Contract.Proof proof = await Prove.RunAsync(fixture.Service.Grpc!.ToString(), chain.KeyFile, chain.Program, ChainKey.Inputs(5), CancellationToken.None);
        Assert.True(chain.IsShown(proof, 5));
    }

    [Fact]
    public async Task The_README_has_the_program()
    {
        string source = await File.ReadAllTextAsync(RepositoryFiles.Path("tests/ProvingService.Service.Tests/Foreign/ClientReadme.cs"));
        string program = source.Split("// <program>\n")[1].Split("\n// </program>")[0].Trim();
        Assert.Contains(program, await File.ReadAllTextAsync(RepositoryFiles.Path("src/ProvingService.Client/README.md")), StringComparison.Ordinal);
    }
}
