// Owns: bad points in a .zkey, section by section. What the points mean together: FalseKeyTests.cs.

using ProvingService.Algebra;
using ProvingService.R1cs;
using Xunit;

namespace ProvingService.Groth16.Tests;

public sealed class DamagedBn254KeyPointTests : DamagedKeyPointTests<Bn254, Bn254Fp, Bn254Fr>;

public sealed class DamagedBls12381KeyPointTests : DamagedKeyPointTests<Bls12381, Bls12381Fp, Bls12381Fr>;

public abstract class DamagedKeyPointTests<TCurve, TFp, TFr>
    where TFp : unmanaged, IPrimeField<TFp>
    where TFr : unmanaged, IPrimeField<TFr>
    where TCurve : struct, IPairingCurve<TCurve, TFp, TFr>
{
    private const string Name = "damaged.zkey";

    private static readonly byte[] Whole = KeyFile<TCurve, TFp, TFr>.Bytes;

    protected DamagedKeyPointTests() => KeyFile<TCurve, TFp, TFr>.Open(Whole).Dispose();

    /// <summary>A place in the file where a point stands: its name in errors, and where those point to.</summary>
    private sealed record Place(string Name, int At, bool IsG2, int ReportedAt);

    private static int G1 => KeyFile<TCurve, TFp, TFr>.G1Bytes;

    private static int G2 => KeyFile<TCurve, TFp, TFr>.G2Bytes;

    /// <summary>BN254's G1 is the whole curve.</summary>
    private static bool HasG1Cofactor => typeof(TCurve) != typeof(Bn254);

    private static IEnumerable<Place> HeaderPlaces
    {
        get
        {
            int at = KeySurgery.Find(Whole, ZkeyFormat.HeaderSection).Offset + KeyFile<TCurve, TFp, TFr>.CountsAt + 12;
            foreach ((string name, bool isG2) in new[] { ("alpha1", false), ("beta1", false), ("beta2", true), ("gamma2", true), ("delta1", false), ("delta2", true) })
            {
                yield return new(name, at, isG2, at);
                at += isG2 ? G2 : G1;
            }

            KeySpan ic = KeySurgery.Find(Whole, ZkeyFormat.IcSection);
            for (int i = 0; i < ic.Length / G1; i++)
            {
                yield return new($"IC[{i}]", ic.Offset + (i * G1), false, ic.Offset);
            }
        }
    }

    private static IEnumerable<Place> SectionPlaces
    {
        get
        {
            foreach ((uint type, string name) in new[] { (5u, "A"), (6u, "B1"), (7u, "B2"), (8u, "C"), (9u, "H") })
            {
                KeySpan section = KeySurgery.Find(Whole, type);
                int size = type == 7 ? G2 : G1, count = section.Length / size;
                foreach (int i in new[] { 0, count / 2, count - 1 })
                {
                    int at = section.Offset + (i * size);
                    yield return new($"point {i} of {name}", at, type == 7, at);
                }
            }
        }
    }

    [Fact]
    public void Every_coordinate_must_be_below_q()
    {
        foreach (Place place in HeaderPlaces.Concat(SectionPlaces))
        {
            for (int coordinate = 0; coordinate < (place.IsG2 ? 4 : 2); coordinate++)
            {
                byte[] bytes = (byte[])Whole.Clone();
                int length = KeyFile<TCurve, TFp, TFr>.FieldBytes;
                KeySurgery.Add(bytes.AsSpan(place.At + (coordinate * length), length), TFp.Modulus);
                Refuse(FileFault.NotCanonical, place, bytes, "not below the modulus of the base field");
            }
        }
    }

    [Fact]
    public void Every_point_must_be_on_its_curve()
    {
        foreach (Place place in HeaderPlaces.Concat(SectionPlaces))
        {
            byte[] bytes = (byte[])Whole.Clone();

            // A low bit of y: it stays below q, unless it was within 2 of it.
            bytes[place.At + ((place.IsG2 ? G2 : G1) / 2)] ^= 2;
            Refuse(FileFault.NotOnCurve, place, bytes, $"is not on the curve of {Group(place)}");
        }
    }

    [Fact]
    public void Points_of_the_header_and_of_IC_must_be_in_their_subgroup()
    {
        foreach (Place place in HeaderPlaces.Where(p => p.IsG2 || HasG1Cofactor))
        {
            Refuse(FileFault.NotInSubgroup, place, PutOutsider(place), $"is on the curve but not in the subgroup of order r of {Group(place)}");
        }
    }

    [Fact]
    public void A_full_check_finds_the_first_point_outside_the_subgroup()
    {
        foreach (Place place in SectionPlaces.Where(p => p.IsG2 || HasG1Cofactor))
        {
            using ProvingKey<TCurve, TFp, TFr> key = KeyFile<TCurve, TFp, TFr>.Open(PutOutsider(place));
            InvalidFileException? e = key.FindPointOutsideSubgroup();
            Assert.NotNull(e);
            Assert.Equal((FileFault.NotInSubgroup, place.At), (e.Fault, e.Offset));
            Assert.StartsWith($"{Name}, byte {place.At}: {place.Name}: ", e.Message, StringComparison.Ordinal);
            Assert.Contains($"not in the subgroup of order r of {Group(place)}", e.Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void The_prover_releases_no_proof_that_a_point_outside_the_subgroup_went_into_and_names_it()
    {
        TFr[] witness = KeyFile<TCurve, TFp, TFr>.Witness();
        foreach (Place place in SectionPlaces.Where(p => p.IsG2 || HasG1Cofactor))
        {
            byte[] bytes = PutOutsider(place);
            foreach (ConstraintSystem<TFr>? system in new[] { null, KeyFile<TCurve, TFp, TFr>.Circuit.System })
            {
                // A point whose scalar is zero in every proof takes no part: then the proof is true and may leave.
                Exception? e = Record.Exception(() => KeyFile<TCurve, TFp, TFr>.Prove(bytes, witness, system));
                if (e is not null || !IsIdle(place, witness))
                {
                    var fault = Assert.IsType<InvalidFileException>(e);
                    Assert.Equal((FileFault.NotInSubgroup, place.At), (fault.Fault, fault.Offset));
                    Assert.Contains(place.Name, fault.Message, StringComparison.Ordinal);
                }
            }
        }
    }

    [Fact]
    public void Infinity_is_a_point_of_a_section_and_none_of_the_verification_key()
    {
        foreach (Place place in HeaderPlaces.Where(p => p.Name is "alpha1" or "beta2" or "gamma2" or "delta2"))
        {
            byte[] bytes = (byte[])Whole.Clone();
            bytes.AsSpan(place.At, place.IsG2 ? G2 : G1).Clear();
            var e = Assert.Throws<InsecureKeyException>(() => KeyFile<TCurve, TFp, TFr>.Open(bytes));
            Assert.Equal(KeyWeakness.ElementAtInfinity, e.Weakness);
            Assert.StartsWith(Name, e.Message, StringComparison.Ordinal);
        }

        foreach (Place place in SectionPlaces)
        {
            byte[] bytes = (byte[])Whole.Clone();
            bytes.AsSpan(place.At, place.IsG2 ? G2 : G1).Clear();
            KeyFile<TCurve, TFp, TFr>.Open(bytes).Dispose();
        }
    }

    private static bool IsIdle(Place place, TFr[] witness) =>
        !place.Name.EndsWith('H') && TFr.IsZero(witness[int.Parse(place.Name.Split(' ')[1], System.Globalization.CultureInfo.InvariantCulture)]);

    private static string Group(Place place) => place.IsG2 ? GroupName<Fp2<TFp>, TCurve>() : GroupName<TFp, TCurve>();

    private static string GroupName<TField, TGroup>()
        where TField : unmanaged, IField<TField>
        where TGroup : struct, ICurveGroup<TGroup, TField> => TGroup.GroupName;

    private static byte[] PutOutsider(Place place)
    {
        byte[] bytes = (byte[])Whole.Clone();
        if (place.IsG2)
        {
            Iden3Encoding.Write(KeyFile<TCurve, TFp, TFr>.OutsideSubgroup<Fp2<TFp>, TCurve>(), bytes.AsSpan(place.At, G2));
        }
        else
        {
            Iden3Encoding.Write(KeyFile<TCurve, TFp, TFr>.OutsideSubgroup<TFp, TCurve>(), bytes.AsSpan(place.At, G1));
        }

        return bytes;
    }

    private static void Refuse(FileFault fault, Place place, byte[] bytes, string words) =>
        Damage.Expect(fault, Name, place.ReportedAt, () => KeyFile<TCurve, TFp, TFr>.Open(bytes), place.Name, words);
}
