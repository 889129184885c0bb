// Owns: a batch of points in lanes that are added to and doubled together, one inversion a step, and the pairs of points
// that the affine formulas do not cover. What is added to what: Msm/LaneGroupSums.cs, Msm/PointMultiples.cs.

using System.Runtime.Intrinsics;

namespace ProvingService.Algebra;

/// <summary>
/// Many independent points of one curve, a lane each. An addition costs 5M + 1S a lane and a doubling 5M + 2S, in lanes, and
/// about 3 µs for the inversion. Exact for all points: a zero denominator makes the product of all denominators zero, upon
/// which the lanes at fault are found, added by <see cref="AffineAdditions{TField, TCurve}"/> and kept out of the batch.
/// Nothing is spent on them otherwise.
/// </summary>
internal sealed unsafe class LanePoints<TField, TCurve> : IDisposable
    where TField : unmanaged, IField<TField>
    where TCurve : struct, ICurveGroup<TCurve, TField>
{
    /// <summary>
    /// Bytes of state a batch, five elements a lane: well within a second-level cache of 1 MiB, whose rest is for the points
    /// on their way through.
    /// </summary>
    private const int StateBytes = 640 << 10;

    /// <summary>How far behind the last lane the kernels may look for points to fetch ahead.</summary>
    private const int StartsMargin = 256;

    private const uint SignBit = GroupSums<TField, TCurve>.SignBit;

    private readonly LaneKernels kernels;
    private readonly LaneElements<TField> elements;
    private readonly NativeBuffer<ulong> state, products, folds, scratch;
    private readonly NativeBuffer<uint> starts;
    private readonly NativeBuffer<byte> masks;
    private readonly NativeBuffer<nint> destinations;
    private readonly NativeBuffer<Affine<TField, TCurve>> junk = new(1);
    private readonly List<int> exceptional = [];
    private readonly HashSet<int> infinite = [];
    private AffineLanes lanes;
    private int batch, live;

    public LanePoints(LaneKernels kernels)
    {
        this.kernels = kernels;
        elements = new(kernels);
        int step = 2 * kernels.UnitLanes;
        Capacity = CapacityOf(kernels);
        long words = Capacity / kernels.UnitLanes * kernels.UnitWords;
        state = new(4 * words);
        products = new(words + (2 * kernels.UnitWords));
        folds = new(9L * kernels.UnitWords);
        scratch = new(LaneKernels.ScratchBytes / sizeof(ulong));
        starts = new(Capacity + StartsMargin);
        masks = new(Capacity / LanePrime.Lanes);
        destinations = new(Capacity);
        lanes.X = state.Pointer;
        lanes.Y = lanes.X + words;
        lanes.Denominators = lanes.Y + words;
        lanes.Numerators = lanes.Denominators + words;
        lanes.Products = products.Pointer;
        lanes.Inverses = folds.Pointer;
        lanes.Scratch = scratch.Pointer;
        lanes.Starts = starts.Pointer;
        lanes.Destinations = (byte**)destinations.Pointer;
        for (int l = 0; l < step; l++)
        {
            elements.Write(lanes.Products, l, TField.One);
        }
    }

    /// <summary>The most points of a batch.</summary>
    public int Capacity { get; }

    /// <summary>For each lane, where its indices start.</summary>
    public uint* Starts => starts.Pointer;

    /// <summary>For each lane, the address of its sum.</summary>
    public nint* Destinations => destinations.Pointer;

    /// <summary>The most points of a batch with these kernels.</summary>
    public static int CapacityOf(LaneKernels kernels)
    {
        int step = 2 * kernels.UnitLanes;
        return StateBytes / (5 * 8 * kernels.Degree * kernels.Prime.Limbs) / step * step;
    }

    /// <summary>
    /// Begins a batch with the points that the first <paramref name="count"/> lanes' <see cref="Starts"/> lead to. Lanes
    /// beyond, up to a whole number of units, hold the first lane's point and take no further part.
    /// </summary>
    /// <param name="source">The points; none that is looked at is infinity.</param>
    /// <param name="indices">Positions with signs; lane l takes indices[Starts[l]].</param>
    /// <param name="count">From 1 to <see cref="Capacity"/>.</param>
    public void Load(Affine<TField, TCurve>* source, uint* indices, int count)
    {
        batch = live = count;

        // What is fetched ahead of need must be an index of someone's.
        new Span<uint>(Starts + count, Padded(count) - count + StartsMargin).Fill(Starts[0]);
        new Span<byte>(masks.Pointer, Capacity / LanePrime.Lanes).Fill(0xff);
        for (int l = count; l < Padded(count); l++)
        {
            Exclude(l);
            Destinations[l] = (nint)junk.Pointer;
        }

        infinite.Clear();
        Prepare(source, indices, count);
        fixed (AffineLanes* argument = &lanes)
        {
            kernels.LoadPoints(argument);
        }
    }

    /// <summary>Adds to each of the first <paramref name="count"/> lanes the point that indices[Starts[l]] names.</summary>
    /// <param name="source">The points; none that is looked at is infinity.</param>
    /// <param name="indices">Positions with signs.</param>
    /// <param name="count">Never more than in the step before: lanes that drop out keep their sums.</param>
    public void Add(Affine<TField, TCurve>* source, uint* indices, int count)
    {
        for (int l = count; l < live; l++)
        {
            // A lane that is done looks where the first one does, since its own indices may end here.
            Exclude(l);
            Starts[l] = Starts[0];
        }

        live = count;
        Step(source, indices, isDoubling: false);
    }

    /// <summary>Doubles the points of the lanes that still take part.</summary>
    public void Double() => Step(null, null, isDoubling: true);

    /// <summary>Writes the points of all lanes of the batch to their <see cref="Destinations"/>.</summary>
    public void Store()
    {
        Prepare(null, null, batch);
        fixed (AffineLanes* argument = &lanes)
        {
            kernels.StorePoints(argument);
        }

        foreach (int l in infinite)
        {
            *(Affine<TField, TCurve>*)Destinations[l] = default;
        }
    }

    /// <summary>Overwrites the sums and what led to them; no batch is under way afterwards.</summary>
    public void Clear()
    {
        state.Clear();
        products.Clear();
        folds.Clear();
        scratch.Clear();
        junk.Clear();
    }

    public void Dispose()
    {
        state.Dispose();
        products.Dispose();
        folds.Dispose();
        scratch.Dispose();
        starts.Dispose();
        masks.Dispose();
        destinations.Dispose();
        junk.Dispose();
    }

    private int Padded(int count)
    {
        int step = 2 * kernels.UnitLanes;
        return (count + step - 1) / step * step;
    }

    private void Prepare(Affine<TField, TCurve>* source, uint* indices, int count)
    {
        lanes.Source = (byte*)source;
        lanes.Indices = indices;
        Rewind(Padded(count));
    }

    /// <summary>Sets what the kernels count up and down.</summary>
    private void Rewind(int padded)
    {
        lanes.Masks = masks.Pointer;
        lanes.Count = padded / kernels.UnitLanes;
    }

    private void Step(Affine<TField, TCurve>* source, uint* indices, bool isDoubling)
    {
        int padded = Padded(live);
        exceptional.Clear();
        foreach (int l in infinite)
        {
            if (l < live)
            {
                exceptional.Add(l);
            }
        }

        Prepare(source, indices, live);
        fixed (AffineLanes* argument = &lanes)
        {
            Forward(argument);
            if (!TryInvert(padded))
            {
                ExcludeZeros();
                Rewind(padded);
                Forward(argument);
                if (!TryInvert(padded))
                {
                    throw new InvalidOperationException("A product of denominators that are not zero is zero.");
                }
            }

            Rewind(padded);
            if (isDoubling)
            {
                kernels.DoubleBackward(argument);
            }
            else
            {
                kernels.AddBackward(argument);
            }
        }

        if (exceptional.Count > 0)
        {
            AddExceptional(source, isDoubling);
        }

        void Forward(AffineLanes* argument)
        {
            if (isDoubling)
            {
                kernels.DoubleForward(argument);
            }
            else
            {
                kernels.AddForward(argument);
            }
        }
    }

    /// <summary>Takes the lanes whose denominator is zero out of the batch.</summary>
    private void ExcludeZeros()
    {
        for (int l = 0; l < live; l++)
        {
            if (IsIn(l) && elements.IsZero(lanes.Denominators, l))
            {
                exceptional.Add(l);
                Exclude(l);
            }
        }
    }

    /// <summary>Adds equal and opposite points, and points to infinity; doubles infinity and points of order two.</summary>
    private void AddExceptional(Affine<TField, TCurve>* source, bool isDoubling)
    {
        int count = exceptional.Count;
        var points = new Affine<TField, TCurve>[2 * count];
        var scratchFields = new TField[2 * count];
        int[] positions = new int[2 * count];
        for (int i = 0; i < count; i++)
        {
            int l = exceptional[i];
            points[i] = infinite.Contains(l) ? default : new(elements.Read(lanes.X, l), elements.Read(lanes.Y, l));
            points[count + i] = isDoubling ? points[i] : Next(source, l);
            (positions[i], positions[count + i]) = (i, count + i);
        }

        // Pinned for the call.
        fixed (Affine<TField, TCurve>* pairs = points)
        fixed (TField* fields = scratchFields)
        fixed (int* position = positions)
        {
            AffineAdditions<TField, TCurve>.AddPairs(pairs, position, position + count, count, fields, fields + count);
        }

        for (int i = 0; i < count; i++)
        {
            int l = exceptional[i];
            if (points[i].IsInfinity)
            {
                infinite.Add(l);
                Exclude(l);
                continue;
            }

            infinite.Remove(l);
            elements.Write(lanes.X, l, points[i].X);
            elements.Write(lanes.Y, l, points[i].Y);
            masks.Pointer[l / LanePrime.Lanes] |= (byte)(1 << (l % LanePrime.Lanes));
        }
    }

    private Affine<TField, TCurve> Next(Affine<TField, TCurve>* source, int l)
    {
        uint index = lanes.Indices[Starts[l]];
        Affine<TField, TCurve> next = source[index & ~SignBit];
        return (index & SignBit) != 0 ? -next : next;
    }

    private bool IsIn(int l) => ((masks.Pointer[l / LanePrime.Lanes] >> (l % LanePrime.Lanes)) & 1) != 0;

    private void Exclude(int l) => masks.Pointer[l / LanePrime.Lanes] &= (byte)~(1 << (l % LanePrime.Lanes));

    /// <summary>
    /// Inverses of the two chains' products: multiplied together and folded to one element, lane by lane with its partner,
    /// which is inverted and unfolded the same way. False where the product is zero.
    /// </summary>
    private bool TryInvert(int padded)
    {
        int words = kernels.UnitWords, levels = kernels.Degree == 1 ? 4 : 3;
        ulong* even = lanes.Products + ((long)padded / kernels.UnitLanes * words), odd = even + words;
        ulong* inverses = lanes.Inverses, fold = inverses + (2 * words), swapped = inverses + (7 * words), total = inverses + (8 * words);
        Multiply(fold, even, odd);
        for (int level = 0; level < levels; level++)
        {
            Swap(fold + (level * words), swapped, level);
            Multiply(fold + ((level + 1) * words), fold + (level * words), swapped);
        }

        TField product = elements.Read(fold + (levels * words), 0);
        if (TField.IsZero(product))
        {
            return false;
        }

        elements.WriteAll(total, TField.Inverse(product));

        for (int level = levels - 1; level >= 0; level--)
        {
            Swap(fold + (level * words), swapped, level);
            Multiply(total, total, swapped);
        }

        Multiply(inverses, total, odd);
        Multiply(inverses + words, total, even);
        return true;
    }

    private void Multiply(ulong* result, ulong* a, ulong* b)
    {
        var operands = new FieldLanes { Result = result, A = a, B = b, Count = 1, Scratch = scratch.Pointer };
        kernels.Multiply(&operands);
    }

    /// <summary>Each lane ← its partner at distance 1, 2 or 4 (levels 0 to 2) or in the other block (level 3).</summary>
    private void Swap(ulong* from, ulong* to, int level)
    {
        int vectors = 2 * kernels.Prime.Limbs;
        var source = (Vector512<ulong>*)from;
        var target = (Vector512<ulong>*)to;
        for (int v = 0; v < vectors; v++)
        {
            target[v] = level switch
            {
                0 => Vector512.Shuffle(source[v], Vector512.Create(1UL, 0, 3, 2, 5, 4, 7, 6)),
                1 => Vector512.Shuffle(source[v], Vector512.Create(2UL, 3, 0, 1, 6, 7, 4, 5)),
                2 => Vector512.Shuffle(source[v], Vector512.Create(4UL, 5, 6, 7, 0, 1, 2, 3)),
                _ => source[(v + kernels.Prime.Limbs) % vectors],
            };
        }
    }
}
