// Owns: that secrets of contributors follow the documented derivation from both of their sources, and are never 0 or 1.

using System.Security.Cryptography;
using System.Text;
using ProvingService.Algebra;
using ProvingService.Groth16;
using Xunit;

namespace ProvingService.Setup.Tests;

public sealed class ContributionEntropyTests
{
    private static readonly byte[] System = [.. Enumerable.Range(0, 64).Select(i => (byte)(i * 3))];
    private static readonly byte[] Transcript = [.. Enumerable.Range(0, 64).Select(i => (byte)(255 - i))];

    /// <summary>The derivation written out again, by the platform's HKDF alone.</summary>
    [Fact]
    public void Secrets_follow_the_documented_derivation()
    {
        const string Text = "ein Text mit Ümläuten";
        byte[] key = HKDF.Extract(
            HashAlgorithmName.SHA512, [.. System, .. SHA512.HashData(Encoding.UTF8.GetBytes(Text))], "Proving Service setup contribution v1"u8.ToArray());
        byte[] bytes;
        uint counter = 0;
        Bls12381Fr expected;
        do
        {
            bytes = HKDF.Expand(HashAlgorithmName.SHA512, key, 32, [.. "tau"u8, 0, .. Transcript, 0, 0, 0, (byte)counter++]);
            bytes[0] &= 0x7f;
        }
        while (!PrimeField.TryReadBigEndian(bytes, out expected));

        using ContributionEntropy entropy = ContributionEntropy.Mix(System, Text);
        using SecretScalars<Bls12381Fr> secrets = entropy.Derive<Bls12381Fr>(Transcript, "alpha", "tau");
        Assert.Equal(expected, secrets[1]);
        Assert.NotEqual(expected, secrets[0]);
    }

    /// <summary>Each source, label and transcript alone makes other secrets.</summary>
    [Fact]
    public void Everything_that_goes_in_changes_what_comes_out()
    {
        byte[] otherSystem = [.. System], otherTranscript = [.. Transcript];
        otherSystem[63] ^= 1;
        otherTranscript[63] ^= 1;
        Bn254Fr[] all = [Derive(System, "a", Transcript, "tau"), Derive(otherSystem, "a", Transcript, "tau"), Derive(System, "b", Transcript, "tau"), Derive(System, "", Transcript, "tau"), Derive(System, "a", otherTranscript, "tau"), Derive(System, "a", Transcript, "beta")];
        Assert.Equal(all.Length, all.Distinct().Count());
        Assert.Equal(all[0], Derive(System, "a", Transcript, "tau"));
        using ContributionEntropy one = ContributionEntropy.Draw("same"), other = ContributionEntropy.Draw("same");
        using SecretScalars<Bn254Fr> first = one.Derive<Bn254Fr>(Transcript, "tau"), second = other.Derive<Bn254Fr>(Transcript, "tau");
        Assert.NotEqual(first[0], second[0]);
    }

    /// <summary>Two circuits of a ceremony may begin from the same key: one secret for both would tie their transcripts together.</summary>
    [Fact]
    public void Forks_are_apart_from_each_other_and_from_what_they_came_of()
    {
        using ContributionEntropy whole = ContributionEntropy.Mix(System, "text");
        Bn254Fr[] all = [SecretOf(whole), Forked("one"), Forked("two"), Forked("")];
        Assert.Equal(all.Length, all.Distinct().Count());
        Assert.Equal(all[1], Forked("one"));

        Bn254Fr Forked(string purpose)
        {
            using ContributionEntropy fork = whole.Fork(purpose);
            return SecretOf(fork);
        }

        static Bn254Fr SecretOf(ContributionEntropy entropy)
        {
            using SecretScalars<Bn254Fr> secrets = entropy.Derive<Bn254Fr>(Transcript, "delta");
            return secrets[0];
        }
    }

    /// <summary>Erased randomness is zeros, from which anyone could derive the same secrets: it derives none.</summary>
    [Fact]
    public void Disposal_erases()
    {
        ContributionEntropy entropy = ContributionEntropy.Mix(System, "text");
        SecretScalars<Bn254Fr> before = entropy.Derive<Bn254Fr>(Transcript, "tau");
        Assert.NotEqual(default, before[0]);
        entropy.Dispose();
        before.Dispose();
        Assert.Equal(default, before[0]);
        Assert.Throws<ObjectDisposedException>(() => entropy.Derive<Bn254Fr>(Transcript, "tau"));
        Assert.Throws<ObjectDisposedException>(() => entropy.Fork("purpose"));
    }

    private static Bn254Fr Derive(byte[] system, string text, byte[] transcript, string label)
    {
        using ContributionEntropy entropy = ContributionEntropy.Mix(system, text);
        using SecretScalars<Bn254Fr> secrets = entropy.Derive<Bn254Fr>(transcript, label);
        return secrets[0];
    }
}
