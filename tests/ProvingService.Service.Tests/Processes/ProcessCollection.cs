// Owns: that tests with processes of their own run one after the other, beside nothing else: they load the machine, and
// measure it.

using Xunit;

namespace ProvingService.Service.Tests.Processes;

[CollectionDefinition("Processes", DisableParallelization = true)]
public sealed class ProcessCollection;
