// Owns: tokens: the vector of RFC 7515, what a valid one says, and the attacks on signatures and claims that are known.

using System.Buffers.Text;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using Grpc.Core;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging.Abstractions;
using Xunit;

namespace ProvingService.Service.Tests.Security;

public sealed class TokenVerifierTests : IDisposable
{
    private static readonly DateTimeOffset Now = DateTimeOffset.FromUnixTimeSeconds(1_800_000_000);
    private readonly ECDsa signer = ECDsa.Create(ECCurve.NamedCurves.nistP256);
    private readonly string folder = Directory.CreateTempSubdirectory("zkps-tokens-").FullName;
    private readonly TokenKey key;
    private readonly TokenVerifier verifier;

    public TokenVerifierTests()
    {
        key = TokenKey.FromPemFile(Write("issuer-2.pem", signer.ExportSubjectPublicKeyInfoPem()));
        verifier = new TokenVerifier([key], new TokenRules("https://issuer", "proving-service", TimeSpan.FromDays(1), TimeSpan.FromSeconds(60)), new FixedTime());
    }

    [Fact]
    public void TheVectorOfRfc7515IsSigned()
    {
        // Appendix A.3: the key, and the token with its payload.
        using ECDsa author = ECDsa.Create(new ECParameters
        {
            Curve = ECCurve.NamedCurves.nistP256,
            Q = new ECPoint
            {
                X = Base64Url.DecodeFromChars("f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU"),
                Y = Base64Url.DecodeFromChars("x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"),
            },
        });
        using var theirs = new TokenVerifier(
            [TokenKey.FromPemFile(Write("rfc.pem", author.ExportSubjectPublicKeyInfoPem()))], new TokenRules(null, "", TimeSpan.MaxValue, default), new FixedTime());
        const string Signed = "eyJhbGciOiJFUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ";
        const string Signature = "DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q";
        Assert.True(theirs.TryVerifySignature($"{Signed}.{Signature}", out byte[] payload, out _));
        Assert.Equal("{\"iss\":\"joe\",\r\n \"exp\":1300819380,\r\n \"http://example.com/is_root\":true}", Encoding.UTF8.GetString(payload));
        Assert.False(theirs.TryVerifySignature($"{Signed}.E{Signature[1..]}", out _, out _));
        Assert.False(theirs.TryVerify($"{Signed}.{Signature}", out _, out _, out string fault));
        Assert.Contains("exp or iat", fault, StringComparison.Ordinal);
    }

    [Fact]
    public void AValidTokenSaysWhoCalls()
    {
        Caller caller = Accepts(Token(new(), new()));
        Assert.Equal(("acme", "alice", CallerKind.Token), (caller.Tenant, caller.Name, caller.Kind));
        Assert.Equal([Scopes.Submit, Scopes.Read], caller.Scopes);
        Assert.True(verifier.TryVerify(Token(new(), new()), out _, out DateTimeOffset expires, out _));
        Assert.Equal(Now.AddSeconds(600 + 60), expires);
    }

    [Fact]
    public void HeadersMayNameAKeyAndBringNone()
    {
        Accepts(Token(new() { ["kid"] = "issuer-2" }, new()));
        Accepts(Token(new() { ["kid"] = key.Thumbprint, ["typ"] = "at+jwt" }, new()));
        Refuses(Token(new() { ["kid"] = "issuer-1" }, new()), "not by a key");
        Refuses(Token(new() { ["kid"] = 2 }, new()), "kid");

        // A key that the attacker brings along signs well, and is passed over.
        using ECDsa own = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        ECPoint point = own.ExportParameters(false).Q;
        var jwk = new JsonObject { ["kty"] = "EC", ["crv"] = "P-256", ["x"] = Base64Url.EncodeToString(point.X), ["y"] = Base64Url.EncodeToString(point.Y) };
        Refuses(Token(new() { ["jwk"] = jwk, ["jku"] = "https://attacker/keys" }, new(), own), "not by a key");
        Accepts(Token(new() { ["jwk"] = jwk.DeepClone() }, new()));
    }

    [Theory]
    [InlineData("none")]
    [InlineData("None")]
    [InlineData("HS256")]
    [InlineData("ES384")]
    [InlineData("RS256")]
    [InlineData("es256")]
    [InlineData("ES256 ")]
    [InlineData(null)]
    public void OnlyOneAlgorithmIsTaken(string? algorithm)
    {
        var header = new JsonObject { ["alg"] = algorithm };
        Refuses(Token(header, new()), "algorithm");
        string signed = Signed(header, Claims(new()));
        Refuses(signed + ".", "three parts");

        // The public key as the secret of a MAC, in the forms in which libraries had it.
        foreach (byte[] secret in (byte[][])[Encoding.ASCII.GetBytes(signer.ExportSubjectPublicKeyInfoPem()), signer.ExportSubjectPublicKeyInfo()])
        {
            Refuses($"{signed}.{Base64Url.EncodeToString(HMACSHA256.HashData(secret, Encoding.ASCII.GetBytes(signed)))}", "algorithm");
        }
    }

    [Fact]
    public void SignaturesAreOfTheRightKeyAndForm()
    {
        string signed = Signed(new(), Claims(new()));
        byte[] bytes = Encoding.ASCII.GetBytes(signed);
        using ECDsa other = ECDsa.Create(ECCurve.NamedCurves.nistP256), larger = ECDsa.Create(ECCurve.NamedCurves.nistP384);
        byte[] good = signer.SignData(bytes, HashAlgorithmName.SHA256);
        byte[][] wrong =
        [
            other.SignData(bytes, HashAlgorithmName.SHA256),
            larger.SignData(bytes, HashAlgorithmName.SHA256),
            signer.SignData(bytes, HashAlgorithmName.SHA256, DSASignatureFormat.Rfc3279DerSequence),
            signer.SignData(bytes, HashAlgorithmName.SHA384),
            new byte[64],
            [.. new byte[63], 1],
            [.. Enumerable.Repeat((byte)0xff, 64)],
            good[..63],
            [.. good, 0],
            [.. good[32..], .. good[..32]],
        ];
        foreach (byte[] signature in wrong)
        {
            Refuses($"{signed}.{Base64Url.EncodeToString(signature)}", "not by a key");
        }

        Accepts($"{signed}.{Base64Url.EncodeToString(good)}");
    }

    [Fact]
    public void NothingSignedCanBeChanged()
    {
        string token = Token(new(), new());
        string[] parts = token.Split('.');
        string richer = Base64Url.EncodeToString(Encoding.UTF8.GetBytes(Claims(new() { ["tenant"] = "victim" })));
        Refuses($"{parts[0]}.{richer}.{parts[2]}", "not by a key");
        for (int i = 0; i < token.Length; i += 7)
        {
            char changed = token[i] == 'A' ? 'B' : 'A';
            Assert.False(verifier.TryVerify(token[..i] + changed + token[(i + 1)..], out _, out _, out _), $"character {i} was changed");
        }
    }

    [Fact]
    public void FormIsStrict()
    {
        string token = Token(new(), new());
        string[] wrong =
        [
            "", ".", "..", "a.b", token + ".", token + "=", " " + token, token + "\n", token.Replace('.', ' '), $"{token}.{token}",
            token + "A", token[..^1] + "*", new string('A', TokenVerifier.MaxLength + 1), Token(new(), new() { ["x"] = new string('a', 9000) }),
            Sign("not json", Claims(new())), Sign("[]", Claims(new())), Sign("""{"alg":"ES256"} x""", Claims(new())), Sign("""{"alg":"ES256",}""", Claims(new())),
            Sign("""{"alg":"none","alg":"ES256"}""", Claims(new())), Sign("""{"alg":"ES256"}""", Claims(new()).Replace("{", """{"tenant":"victim",""", StringComparison.Ordinal)),
            Sign("""{"alg":"ES256"}""", "[]"), Sign("""{"alg":"ES256"}""", new string('[', 50)), Sign("""{"alg":"ES256"}""", Claims(new()).Replace("alice", "\\ud800", StringComparison.Ordinal)),
        ];
        foreach (string text in wrong)
        {
            Assert.False(verifier.TryVerify(text, out _, out _, out string fault), text);
            Assert.NotEmpty(fault);
        }

        // The last character of 64 bytes in base64url has four bits to spare: only one of its forms counts.
        const string Alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
        Refuses(token[..^1] + Alphabet[Alphabet.IndexOf(token[^1], StringComparison.Ordinal) + 1], "three parts");
    }

    [Fact]
    public void CriticalExtensionsAndOtherTypesAreRefused()
    {
        Refuses(Token(new() { ["crit"] = new JsonArray("exp") }, new()), "critical");
        Refuses(Token(new() { ["crit"] = new JsonArray("b64"), ["b64"] = false }, new()), "critical");
        Refuses(Token(new() { ["typ"] = "dpop+jwt" }, new()), "type");
    }

    [Theory]
    [InlineData("exp", "1799999940", "expired")]
    [InlineData("exp", "-1", "exp or iat")]
    [InlineData("exp", "1e300", "exp or iat")]
    [InlineData("exp", "\"1800000600\"", "exp or iat")]
    [InlineData("exp", "null", "exp or iat")]
    [InlineData("exp", "1800086401", "lives longer")]
    [InlineData("iat", "1800000061", "iat")]
    [InlineData("iat", "null", "exp or iat")]
    [InlineData("nbf", "1800000061", "not valid yet")]
    [InlineData("nbf", "\"now\"", "not valid yet")]
    [InlineData("iss", "\"https://issuer/\"", "iss")]
    [InlineData("iss", "null", "iss")]
    [InlineData("aud", "\"another\"", "aud")]
    [InlineData("aud", "[]", "aud")]
    [InlineData("aud", "[\"another\"]", "aud")]
    [InlineData("aud", "[\"proving-service\",1]", "aud")]
    [InlineData("aud", "\"proving-service another\"", "aud")]
    [InlineData("aud", "null", "aud")]
    [InlineData("sub", "\"\"", "sub")]
    [InlineData("sub", "\"a\\nb\"", "sub")]
    [InlineData("sub", "7", "sub")]
    [InlineData("tenant", "\"a/../b\"", "tenant")]
    [InlineData("tenant", "\"\"", "tenant")]
    [InlineData("tenant", "null", "tenant")]
    [InlineData("scope", "null", "scope")]
    [InlineData("scope", "{}", "scope")]
    [InlineData("scope", "[\"read\",1]", "scope")]
    public void ClaimsAreChecked(string name, string json, string fault) => Refuses(Token(new(), new() { [name] = JsonNode.Parse(json) }), fault);

    [Theory]
    [InlineData("exp", "1799999941")]
    [InlineData("iat", "1800000060")]
    [InlineData("nbf", "1800000059.5")]
    [InlineData("aud", "[\"another\",\"proving-service\"]")]
    [InlineData("scope", "[\"read\",\"submit\"]")]
    [InlineData("scope", "\"openid  read submit\"")]
    public void ClaimsMayBe(string name, string json) => Assert.Equal([Scopes.Submit, Scopes.Read], Accepts(Token(new(), new() { [name] = JsonNode.Parse(json) })).Scopes);

    [Fact]
    public void OnlyPublicKeysOfTheCurveAreRead()
    {
        using ECDsa larger = ECDsa.Create(ECCurve.NamedCurves.nistP384);
        using var rsa = RSA.Create(2048);
        (string, string)[] wrong =
        [
            (Write("private.pem", signer.ExportPkcs8PrivateKeyPem()), "private key"),
            (Write("sec1.pem", signer.ExportECPrivateKeyPem()), "private key"),
            (Write("p384.pem", larger.ExportSubjectPublicKeyInfoPem()), "P-256"),
            (Write("rsa.pem", rsa.ExportSubjectPublicKeyInfoPem()), "P-256"),
            (Write("empty.pem", ""), "P-256"),
            (Path.Combine(folder, "missing.pem"), "cannot be read"),
        ];
        foreach ((string path, string fault) in wrong)
        {
            string message = Assert.Throws<SetupException>(() => TokenKey.FromPemFile(path)).Message;
            Assert.Contains(fault, message, StringComparison.Ordinal);
            Assert.Contains(path, message, StringComparison.Ordinal);
        }

        Assert.Matches("^[A-Za-z0-9_-]{43}$", key.Thumbprint);
    }

    public void Dispose()
    {
        verifier.Dispose();
        signer.Dispose();
        Directory.Delete(folder, recursive: true);
    }

    [Fact]
    public async Task ATokenThatIsRememberedRunsOutAllTheSame()
    {
        var clock = new FixedTime();
        var setup = new SecuritySetup { TokenKeyFiles = [Write("issuer-3.pem", signer.ExportSubjectPublicKeyInfoPem())] };
        using var rates = new RateGate(new ServiceOptions());
        await using IServiceStore store = await ServiceStores.OpenAsync(Path.Combine(folder, "keys.db"));
        using var callers = new CredentialCallers(setup, new ServiceOptions(), store, rates, clock, NullLogger.Instance);
        var http = new DefaultHttpContext();
        http.Request.Headers.Authorization = "Bearer " + Token([], []);
        Assert.Equal("alice", (await callers.FindAsync(http))!.Name);
        Assert.Equal("alice", (await callers.FindAsync(http))!.Name);

        // Ten minutes, and what clocks may differ by.
        clock.Passed = TimeSpan.FromSeconds(661);
        RpcException refusal = await Assert.ThrowsAsync<RpcException>(() => callers.FindAsync(http).AsTask());
        Assert.Equal(StatusCode.Unauthenticated, refusal.StatusCode);
    }

    private static string Claims(JsonObject changes)
    {
        var claims = new JsonObject
        {
            ["iss"] = "https://issuer",
            ["aud"] = "proving-service",
            ["sub"] = "alice",
            ["tenant"] = "acme",
            ["scope"] = "submit read",
            ["iat"] = Now.ToUnixTimeSeconds() - 10,
            ["exp"] = Now.ToUnixTimeSeconds() + 600,
        };
        foreach ((string name, JsonNode? value) in changes)
        {
            claims[name] = value?.DeepClone();
        }

        // Times that tests move must not break other rules.
        if (changes.ContainsKey("exp") && changes["exp"] is JsonValue end && end.TryGetValue(out long at) && at < Now.ToUnixTimeSeconds())
        {
            claims["iat"] = Math.Max(0, at - 100);
        }

        return claims.ToJsonString();
    }

    private static string Signed(JsonObject header, string claims)
    {
        var whole = new JsonObject { ["alg"] = "ES256" };
        foreach ((string name, JsonNode? value) in header)
        {
            whole[name] = value?.DeepClone();
        }

        return Join(whole.ToJsonString(), claims);
    }

    private static string Join(string header, string claims) => string.Create(
        CultureInfo.InvariantCulture, $"{Base64Url.EncodeToString(Encoding.UTF8.GetBytes(header))}.{Base64Url.EncodeToString(Encoding.UTF8.GetBytes(claims))}");

    private string Token(JsonObject header, JsonObject claims, ECDsa? by = null) => SignText(Signed(header, Claims(claims)), by);

    private string Sign(string header, string claims) => SignText(Join(header, claims), null);

    private string SignText(string signed, ECDsa? by) =>
        $"{signed}.{Base64Url.EncodeToString((by ?? signer).SignData(Encoding.ASCII.GetBytes(signed), HashAlgorithmName.SHA256))}";

    private Caller Accepts(string token)
    {
        Assert.True(verifier.TryVerify(token, out Caller? caller, out _, out string fault), fault);
        return caller;
    }

    private void Refuses(string token, string because)
    {
        Assert.False(verifier.TryVerify(token, out Caller? caller, out _, out string fault));
        Assert.Null(caller);
        Assert.Contains(because, fault, StringComparison.Ordinal);
    }

    private string Write(string name, string text)
    {
        string path = Path.Combine(folder, name);
        File.WriteAllText(path, text);
        return path;
    }

    private sealed class FixedTime : TimeProvider
    {
        public TimeSpan Passed { get; set; }

        public override DateTimeOffset GetUtcNow() => Now + Passed;
    }
}
