// Owns: what this assembly does when it is started as a program: the processes that tests kill, and figures on demand.

using ProvingService.Service.Tests.Crash;
using ProvingService.Service.Tests.Stores;

namespace ProvingService.Service.Tests;

internal static class Program
{
    public static Task<int> Main(string[] arguments) => arguments switch
    {
        ["store-worker", string address] => StoreWorker.RunAsync(address),
        ["kills", string count, string file] => CrashMatrix.RunAsync(count, file),
        ["store-figures", string address] => StoreFigures.RunAsync(address),
        _ => Task.FromResult(2),
    };
}
