// Owns: inputs, witnesses and keys of hostile callers: each is refused for what it is, and none of them is the service's fault.

using System.Security.Cryptography;
using System.Text;
using Google.Protobuf;
using Grpc.Core;
using ProvingService.Algebra;
using ProvingService.Contract;
using ProvingService.TestKit;
using Xunit;
using Xunit.Abstractions;

namespace ProvingService.Service.Tests.Hostile;

[Collection("Hostile")]
public sealed class HostileFileTests(HostileService hostile, ITestOutputHelper output)
{
    public static TheoryData<string, string> Inputs => new()
    {
        { "deep arrays", "{\"start\": " + new string('[', 100_000) + new string(']', 100_000) + "}" },
        { "deep objects", string.Concat(Enumerable.Repeat("{\"start\": ", 5000)) + "1" + new string('}', 5000) },
        { "a large exponent", "{\"start\": 1e999999999}" },
        { "a hundred thousand digits", "{\"start\": " + new string('9', 100_000) + "}" },
        { "digits in a text", "{\"start\": \"" + new string('9', 100_000) + "\"}" },
        { "the order of the field", $"{{\"start\": \"{Bn254Fr.Modulus}\"}}" },
        { "a negative number", "{\"start\": -1}" },
        { "a fraction", "{\"start\": 0.5}" },
        { "no number", "{\"start\": NaN}" },
        { "a name twice", "{\"start\": 1, \"start\": 2}" },
        { "a name too many", "{\"start\": 1, \"end\": 2}" },
        { "no names", "{}" },
        { "null", "{\"start\": null}" },
        { "an array", "{\"start\": [1, 2]}" },
        { "half a surrogate", "{\"start\": \"\\ud800\"}" },
        { "a comment", "{\"start\": /* 1 */ 2}" },
        { "two values", "{\"start\": 1} {\"start\": 2}" },
        { "an end too early", "{\"start\": 1" },
        { "nothing", "" },
        { "zeros", "\0\0\0\0" },
    };

    [Theory]
    [MemberData(nameof(Inputs))]
    public async Task Hostile_inputs_are_refused(string what, string inputs)
    {
        try
        {
            Job job = await hostile.Client.SubmitAsync(hostile.Circuit, inputs);
            job = await hostile.Client.WaitAsync(job.Id);
            Assert.True(job is { State: Contract.JobState.Failed, Reason: Contract.FailureReason.InputInvalid }, $"{what}: {job.State}, {job.Reason}: {job.Message}");
            Assert.InRange(job.Message.Length, 1, 2000);
            output.WriteLine(job.Message);
        }
        catch (RpcException e)
        {
            Assert.True(e.StatusCode == StatusCode.InvalidArgument, $"{what}: {e.Status}");
            output.WriteLine(e.Status.Detail);
        }
    }

    [Fact]
    public async Task Text_that_is_no_UTF_8_is_refused()
    {
        using var channel = ProvingService.Grpc.GrpcChannel.ForAddress(hostile.Process.Grpc!);
        var raw = new Marshaller<byte[]>(bytes => bytes, bytes => bytes);
        var method = new Method<byte[], byte[]>(MethodType.Unary, "proving.v1.Jobs", "SubmitJob", raw, raw);
        byte[] good = new SubmitJobRequest { Circuit = hostile.Circuit, Inputs = "{\"start\": \"????????\"}" }.ToByteArray();
        byte[] bad = [.. good.Select(value => value == (byte)'?' ? (byte)0xff : value)];
        try
        {
            byte[] answer = await channel.CreateCallInvoker().AsyncUnaryCall(method, null, new CallOptions(deadline: DateTime.UtcNow.AddSeconds(60)), bad).ResponseAsync;
            Job job = await hostile.Client.WaitAsync(Job.Parser.ParseFrom(answer).Id);
            Assert.True(job is { State: Contract.JobState.Failed, Reason: Contract.FailureReason.InputInvalid }, $"{job.State}, {job.Reason}: {job.Message}");
        }
        catch (RpcException e)
        {
            HostileService.RequireAnswer(e.Status, "bytes that are no UTF-8");
        }

        await hostile.RequireWellAsync("bytes that are no UTF-8");
    }

    [Fact]
    public async Task Damaged_witnesses_are_refused()
    {
        var random = new Random(FuzzBudget.Seed);
        byte[] good = hostile.Chain.Witness(9);
        for (int i = 0; i < FuzzBudget.Cases(40); i++)
        {
            byte[] bad = DamageFile(random, good);
            try
            {
                Job job = await SubmitWitnessAsync(bad);
                job = await hostile.Client.WaitAsync(job.Id);
                bool isRefused = job is { State: Contract.JobState.Failed, Reason: Contract.FailureReason.InputInvalid or Contract.FailureReason.WitnessUnsatisfied };

                // What is damaged may be what nobody reads, or another witness of the same statement.
                Assert.True(isRefused || job.State == Contract.JobState.Done, $"seed {FuzzBudget.Seed}, case {i}: {job.State}, {job.Reason}: {job.Message}");
                if (job.State == Contract.JobState.Done)
                {
                    Contract.Proof proof = await hostile.Client.GetProofAsync(job.Id);
                    var claim = new VerifyRequest { Circuit = hostile.Circuit, Compressed = proof.Compressed };
                    claim.PublicInputs.Add(proof.PublicInputs);
                    Assert.Equal(Verdict.Valid, (await hostile.Client.VerifyAsync(claim)).Verdict);
                }
            }
            catch (RpcException e)
            {
                Assert.True(e.StatusCode == StatusCode.InvalidArgument, $"seed {FuzzBudget.Seed}, case {i}: {e.Status}");
            }
        }

        await hostile.RequireWellAsync("damaged witnesses");
    }

    [Fact]
    public async Task Damaged_keys_are_refused()
    {
        var random = new Random(FuzzBudget.Seed);
        byte[] good = await File.ReadAllBytesAsync(hostile.Chain.KeyFile);
        int refused = 0, cases = FuzzBudget.Cases(40);
        for (int i = 0; i < cases; i++)
        {
            Status status = await RegisterAsync(DamageFile(random, good));
            Assert.True(status.StatusCode is StatusCode.OK or StatusCode.FailedPrecondition, $"seed {FuzzBudget.Seed}, case {i}: {status}");
            refused += status.StatusCode == StatusCode.OK ? 0 : 1;
            Assert.DoesNotContain("/objects/", status.Detail, StringComparison.Ordinal);
        }

        output.WriteLine($"{refused} of {cases} refused");
        Assert.True(refused > cases / 2, $"Only {refused} of {cases} damaged keys were refused.");
        await hostile.RequireWellAsync("damaged keys");
    }

    /// <summary>A point on the curve and not in the subgroup, in place of each point of G2 in the header, and off the curve in place of others.</summary>
    [Fact]
    public async Task Keys_with_points_where_they_must_not_be_are_refused()
    {
        byte[] good = await File.ReadAllBytesAsync(hostile.Chain.KeyFile), outside = OutsideG2();
        byte[] beta = FindG2(good);
        foreach (int at in PlacesOf(good, beta).Take(2))
        {
            byte[] bad = [.. good];
            outside.CopyTo(bad, at);
            Status status = await RegisterAsync(bad);
            Assert.True(status.StatusCode == StatusCode.FailedPrecondition, $"outside the subgroup, at {at}: {status}");
            output.WriteLine(status.Detail);
            bad = [.. good];
            bad[at] ^= 1;
            status = await RegisterAsync(bad);
            Assert.True(status.StatusCode == StatusCode.FailedPrecondition, $"off the curve, at {at}: {status}");
            output.WriteLine(status.Detail);
        }

        await hostile.RequireWellAsync("points where they must not be");
    }

    private static byte[] DamageFile(Random random, byte[] good)
    {
        byte[] bad = [.. good];
        switch (random.Next(5))
        {
            case 0:
                return bad[..random.Next(1, bad.Length)];
            case 1:
                // Numbers and lengths of sections stand in the first bytes, and between sections.
                bad[random.Next(4, 60)] ^= (byte)(1 << random.Next(8));
                return bad;
            case 2:
                int half = random.Next(12, bad.Length - 12);
                return [.. bad[..12], .. bad[half..], .. bad[12..half]];
            case 3:
                random.NextBytes(bad.AsSpan(random.Next(bad.Length - 32), 32));
                return bad;
            default:
                for (int i = random.Next(1, 20); i > 0; i--)
                {
                    bad[random.Next(bad.Length)] = (byte)random.Next(256);
                }

                return bad;
        }
    }

    /// <summary>As the file holds the first point of G2 in its header: after the curve's two moduli, three numbers, and α and β in G1.</summary>
    private static byte[] FindG2(byte[] key)
    {
        // Section 2: 4 bytes of type and 8 of length come before it.
        for (int at = 12; ;)
        {
            int type = BitConverter.ToInt32(key, at);
            long length = BitConverter.ToInt64(key, at + 4);
            at += 12;
            if (type == 2)
            {
                int point = at + 4 + 32 + 4 + 32 + 12 + 64 + 64;
                return key[point..(point + 128)];
            }

            at += (int)length;
        }
    }

    private static IEnumerable<int> PlacesOf(byte[] text, byte[] part)
    {
        for (int at = 0, found; (found = text.AsSpan(at).IndexOf(part)) >= 0; at += found + 1)
        {
            yield return at + found;
        }
    }

    private static byte[] OutsideG2()
    {
        for (Fp2<Bn254Fp> x = Fp2<Bn254Fp>.One; ; x += Fp2<Bn254Fp>.One)
        {
            if (Fp2<Bn254Fp>.TrySqrt((x * x * x) + Affine<Fp2<Bn254Fp>, Bn254>.B, out Fp2<Bn254Fp> y) && !new Affine<Fp2<Bn254Fp>, Bn254>(x, y).IsInSubgroup())
            {
                byte[] bytes = new byte[Iden3Encoding.PointSize<Fp2<Bn254Fp>, Bn254>()];
                Iden3Encoding.Write(new Affine<Fp2<Bn254Fp>, Bn254>(x, y), bytes);
                return bytes;
            }
        }
    }

    private async Task<Job> SubmitWitnessAsync(byte[] bytes)
    {
        using AsyncClientStreamingCall<SubmitWitnessRequest, Job> call = hostile.Client.Jobs.SubmitWitness(deadline: DateTime.UtcNow.AddSeconds(60));
        try
        {
            await call.RequestStream.WriteAsync(new SubmitWitnessRequest { Header = new WitnessHeader { Circuit = hostile.Circuit, Size = (ulong)bytes.Length } });
            await call.RequestStream.WriteAsync(new SubmitWitnessRequest { Data = ByteString.CopyFrom(bytes) });
            await call.RequestStream.CompleteAsync();
        }
        catch (Exception e) when (e is RpcException or InvalidOperationException or IOException)
        {
            // The answer says why.
        }

        return await call.ResponseAsync;
    }

    private async Task<Status> RegisterAsync(byte[] key)
    {
        using var folder = new TemporaryFolder();
        string path = folder.File("bad.zkey");
        await File.WriteAllBytesAsync(path, key);
        try
        {
            string hash = await hostile.Client.UploadAsync(path);
            Assert.Equal(Convert.ToHexStringLower(SHA256.HashData(key)), hash);
            await hostile.Client.RegisterAsync(new RegisterCircuitRequest { KeyHash = hash, Program = hostile.Chain.Program, Name = Encoding.ASCII.GetString([65]) });
            return Status.DefaultSuccess;
        }
        catch (RpcException e)
        {
            return e.Status;
        }
    }
}
