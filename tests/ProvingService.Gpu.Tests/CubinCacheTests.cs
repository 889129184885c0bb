// Owns: tests of the cache of compiled programs, and of what a context does with a compiler and a cache.

using System.Text;
using ProvingService.TestKit;
using Xunit;

namespace ProvingService.Gpu.Tests;

[Trait("Kernels", "any")]
public sealed class CubinCacheTests : IDisposable
{
    private const string Ptx = ".version 6.0\n.target sm_70\n.address_size 64\n.visible .entry nothing()\n{\nret;\n}\n";

    private readonly TemporaryFolder folder = new();
    private readonly string cacheFolder;

    public CubinCacheTests() => cacheFolder = Path.Combine(folder.Path, "kernels");

    public void Dispose() => folder.Dispose();

    [Fact]
    public void Entries_are_kept_by_all_that_they_depend_on()
    {
        var cache = new CubinCache(cacheFolder);
        string key = CubinCache.Key("driver", "compiler", "sm_90", "hash");
        Assert.NotEqual(key, CubinCache.Key("driver", "compiler", "sm_80", "hash"));
        Assert.Null(cache.TryRead(key));
        cache.Write(key, [1, 2, 3]);
        Assert.Equal([1, 2, 3], new CubinCache(cacheFolder).TryRead(key));
        cache.Write(key, [4]);
        Assert.Equal([4], cache.TryRead(key));
        cache.Remove(key);
        Assert.Null(cache.TryRead(key));
        Assert.Empty(Directory.GetFiles(cacheFolder));
        if (!OperatingSystem.IsWindows())
        {
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute, File.GetUnixFileMode(cacheFolder));
        }
    }

    [Fact]
    public void Damaged_entries_are_none()
    {
        var cache = new CubinCache(cacheFolder);
        cache.Write("key", new byte[1000]);
        string file = Assert.Single(Directory.GetFiles(cacheFolder));
        byte[] whole = File.ReadAllBytes(file);
        foreach (int length in (int[])[0, 10, 32, 33, whole.Length - 1])
        {
            File.WriteAllBytes(file, whole[..length]);
            Assert.Null(cache.TryRead("key"));
        }

        for (int i = 0; i < whole.Length; i += 13)
        {
            byte[] damaged = [.. whole];
            damaged[i] ^= 4;
            File.WriteAllBytes(file, damaged);
            Assert.Null(cache.TryRead("key"));
        }
    }

    [Fact]
    public void The_oldest_entries_make_way()
    {
        var cache = new CubinCache(cacheFolder, maxBytes: 350);
        for (int i = 0; i < 4; i++)
        {
            cache.Write($"key{i}", new byte[100 - 32]);
            File.SetLastWriteTimeUtc(Directory.GetFiles(cacheFolder, $"key{i}*").Single(), DateTime.UtcNow.AddMinutes(i - 10));
        }

        string stale = Path.Combine(cacheFolder, "key.cubin.0.part");
        File.WriteAllBytes(stale, [1]);
        File.SetLastWriteTimeUtc(stale, DateTime.UtcNow.AddDays(-1));
        cache.Write("last", new byte[100 - 32]);
        Assert.Equal(["key2.cubin", "key3.cubin", "last.cubin"], Directory.GetFiles(cacheFolder).Select(Path.GetFileName).Order());
    }

    [Fact]
    public void A_folder_that_cannot_be_is_an_empty_cache()
    {
        File.WriteAllText(cacheFolder, "a file");
        var cache = new CubinCache(cacheFolder);
        cache.Write("key", [1]);
        Assert.Null(cache.TryRead("key"));
        cache.Remove("key");
    }

    [Fact]
    public void A_program_is_compiled_once_and_again_when_its_entry_is_of_no_use()
    {
        using var driver = new PtxDriver();
        var compiler = new Compiler();
        var cache = new CubinCache(cacheFolder);
        Build();
        Build();
        Assert.Equal(1, compiler.Compilations);

        // Whole, but not what this driver takes.
        string key = Path.GetFileNameWithoutExtension(Assert.Single(Directory.GetFiles(cacheFolder)));
        cache.Write(key, "no image\0"u8);
        Build();
        Assert.Equal(2, compiler.Compilations);
        File.WriteAllText(Directory.GetFiles(cacheFolder).Single(), "damaged");
        Build();
        Assert.Equal(3, compiler.Compilations);
        Build();
        Assert.Equal(3, compiler.Compilations);
        compiler.Identity = "another";
        Build();
        Assert.Equal(4, compiler.Compilations);
        driver.Version = 13000;
        Build();
        Assert.Equal(5, compiler.Compilations);

        // What is of no use is forgotten, also where there is nothing to take its place.
        (driver.Version, compiler.Identity, compiler.Fails) = (12040, "test", true);
        cache.Write(key, "no image\0"u8);
        Assert.Throws<GpuBuildException>(Build);
        Assert.Null(cache.TryRead(key));

        void Build()
        {
            var platform = new CudaPlatform(driver, new(compiler), cache);
            using IGpuContext context = platform.Open(platform.Discover()[0]);
            using IGpuProgram program = context.Build(KernelSource.FromText("nothing", "void"));
            Assert.Equal("nothing", program.Kernel("nothing").Name);
        }
    }

    [Fact]
    public void Where_a_compiler_fails_the_shipped_program_is_used()
    {
        using var driver = new PtxDriver();
        KernelSource shipped = CudaPrograms.All[0];
        foreach (Compiler compiler in (Compiler[])[new() { Fails = true }, new() { Image = "no image" }, new() { KnownTarget = null }])
        {
            var platform = new CudaPlatform(driver, new(compiler), null);
            using IGpuContext context = platform.Open(platform.Discover()[0]);
            context.Build(shipped).Dispose();
            string log = Assert.Throws<GpuBuildException>(() => context.Build(KernelSource.FromText("other", "void"))).Log;
            Assert.Contains(compiler.Fails ? "refused" : compiler.KnownTarget is null ? "does not know sm_90" : "CUDA_ERROR_200", log, StringComparison.Ordinal);
        }
    }

    /// <summary>NVRTC needs no GPU. Where it is installed it compiles what is shipped, too; elsewhere there is none.</summary>
    [Fact]
    public void NVRTC_compiles_for_the_device_or_the_nearest_older_one()
    {
        if (Nvrtc.TryLoad() is not { } nvrtc)
        {
            return;
        }

        Assert.StartsWith("nvrtc ", nvrtc.Identity, StringComparison.Ordinal);
        Assert.Equal("sm_80", nvrtc.Target("sm_80"));
        Assert.StartsWith("compute_", nvrtc.Target("sm_999"), StringComparison.Ordinal);
        Assert.Null(nvrtc.Target("sm_10"));
        KernelSource source = KernelSource.Load("fields", "fields.h", ("CURVE", 2));
        KernelSource program = KernelSource.FromText("kernel", source.Text + "KERNEL(64) product(GLOBAL fp *a) { a[0] = fp_mul(a[0], a[1]); }");
        Assert.Equal("\u007fELF"u8, nvrtc.Compile(program, "sm_80").AsSpan(0, 4));
        byte[] ptx = nvrtc.Compile(program, "compute_80");
        Assert.Equal(0, ptx[^1]);
        Assert.Contains(".entry product", Encoding.ASCII.GetString(ptx), StringComparison.Ordinal);
        Assert.Contains(
            "error", Assert.Throws<GpuBuildException>(() => nvrtc.Compile(KernelSource.FromText("broken", "KERNEL"), "sm_80")).Log, StringComparison.Ordinal);
    }

    private sealed class Compiler : ICudaCompiler
    {
        public string Identity { get; set; } = "test";

        public string Image { get; init; } = Ptx;

        public string? KnownTarget { get; init; } = "sm_90";

        public bool Fails { get; set; }

        public int Compilations { get; private set; }

        public string? Target(string architecture) => KnownTarget;

        public byte[] Compile(KernelSource source, string target)
        {
            Compilations++;
            return Fails ? throw new GpuBuildException(source.Name, "refused") : Encoding.ASCII.GetBytes(Image + '\0');
        }
    }
}
