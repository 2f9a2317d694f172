using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Dapr.Anomaly.Core.Numerics;

/// <summary>
/// Matrix products whose vector axis is a batch of columns. Matrices are row-major; the number of columns is a multiple of
/// <see cref="ColumnBlock{T}"/>. Blocks of 4 rows by 2 vectors stay in registers.
/// </summary>
internal static class BatchProduct
{
    /// <summary>Columns that one pass of the kernel takes.</summary>
    public static int ColumnBlock<T>() => 2 * Vector<T>.Count;

    /// <summary><paramref name="columns"/> rounded up to whole blocks.</summary>
    public static int Padded<T>(int columns) => (columns + ColumnBlock<T>() - 1) / ColumnBlock<T>() * ColumnBlock<T>();

    /// <summary>C[m,n] += A[m,k] X[k,n].</summary>
    public static void MultiplyAdd<T>(ReadOnlySpan<T> a, ReadOnlySpan<T> x, Span<T> c, int m, int k, int n)
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        Require(a.Length >= m * k && x.Length >= k * n && c.Length >= m * n && n % ColumnBlock<T>() == 0);
        ref var a0 = ref MemoryMarshal.GetReference(a);
        ref var x0 = ref MemoryMarshal.GetReference(x);
        ref var c0 = ref MemoryMarshal.GetReference(c);
        for (var column = 0; column < n; column += ColumnBlock<T>())
        {
            ref var xColumn = ref Unsafe.Add(ref x0, column);
            var row = 0;
            for (; row + 4 <= m; row += 4)
                FourRows(ref Unsafe.Add(ref a0, row * k), ref xColumn, ref Unsafe.Add(ref c0, row * n + column), k, n);
            for (; row < m; row++)
                OneRow(ref Unsafe.Add(ref a0, row * k), ref xColumn, ref Unsafe.Add(ref c0, row * n + column), k, n);
        }
    }

    /// <summary>
    /// G[m,k] += sum over s of D_s[m,n] X_s[k,n]ᵀ, where the matrices of step s start at s·<paramref name="dStride"/> and
    /// s·<paramref name="xStride"/>. Several steps at once share one horizontal sum an entry.
    /// </summary>
    public static void OuterAdd<T>(ReadOnlySpan<T> d, int dStride, ReadOnlySpan<T> x, int xStride, int steps, Span<T> g, int m, int k, int n)
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        Require(
            d.Length >= (steps - 1) * dStride + m * n && x.Length >= (steps - 1) * xStride + k * n && g.Length >= m * k && n % ColumnBlock<T>() == 0
        );
        ref var d0 = ref MemoryMarshal.GetReference(d);
        ref var x0 = ref MemoryMarshal.GetReference(x);
        var row = 0;
        for (; row + 4 <= m; row += 4)
        {
            var column = 0;
            for (; column + 2 <= k; column += 2)
                FourByTwo(
                    ref Unsafe.Add(ref d0, row * n),
                    dStride,
                    ref Unsafe.Add(ref x0, column * n),
                    xStride,
                    steps,
                    g[(row * k + column)..],
                    k,
                    n
                );
            for (; column < k; column++)
            for (var r = row; r < row + 4; r++)
                g[r * k + column] += Dot(ref Unsafe.Add(ref d0, r * n), dStride, ref Unsafe.Add(ref x0, column * n), xStride, steps, n);
        }
        for (; row < m; row++)
        for (var column = 0; column < k; column++)
            g[row * k + column] += Dot(ref Unsafe.Add(ref d0, row * n), dStride, ref Unsafe.Add(ref x0, column * n), xStride, steps, n);
    }

    private static void FourRows<T>(ref T a, ref T x, ref T c, int k, int n)
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        nuint second = (nuint)Vector<T>.Count,
            stride = (nuint)n;
        Vector<T> c00 = Vector.LoadUnsafe(ref c),
            c01 = Vector.LoadUnsafe(ref c, second);
        Vector<T> c10 = Vector.LoadUnsafe(ref c, stride),
            c11 = Vector.LoadUnsafe(ref c, stride + second);
        Vector<T> c20 = Vector.LoadUnsafe(ref c, 2 * stride),
            c21 = Vector.LoadUnsafe(ref c, 2 * stride + second);
        Vector<T> c30 = Vector.LoadUnsafe(ref c, 3 * stride),
            c31 = Vector.LoadUnsafe(ref c, 3 * stride + second);
        ref var a1 = ref Unsafe.Add(ref a, k);
        ref var a2 = ref Unsafe.Add(ref a, 2 * k);
        ref var a3 = ref Unsafe.Add(ref a, 3 * k);
        nuint offset = 0;
        for (nint i = 0; i < k; i++, offset += stride)
        {
            Vector<T> x0 = Vector.LoadUnsafe(ref x, offset),
                x1 = Vector.LoadUnsafe(ref x, offset + second);
            var weight = new Vector<T>(Unsafe.Add(ref a, i));
            c00 = Fma(weight, x0, c00);
            c01 = Fma(weight, x1, c01);
            weight = new Vector<T>(Unsafe.Add(ref a1, i));
            c10 = Fma(weight, x0, c10);
            c11 = Fma(weight, x1, c11);
            weight = new Vector<T>(Unsafe.Add(ref a2, i));
            c20 = Fma(weight, x0, c20);
            c21 = Fma(weight, x1, c21);
            weight = new Vector<T>(Unsafe.Add(ref a3, i));
            c30 = Fma(weight, x0, c30);
            c31 = Fma(weight, x1, c31);
        }
        c00.StoreUnsafe(ref c);
        c01.StoreUnsafe(ref c, second);
        c10.StoreUnsafe(ref c, stride);
        c11.StoreUnsafe(ref c, stride + second);
        c20.StoreUnsafe(ref c, 2 * stride);
        c21.StoreUnsafe(ref c, 2 * stride + second);
        c30.StoreUnsafe(ref c, 3 * stride);
        c31.StoreUnsafe(ref c, 3 * stride + second);
    }

    private static void OneRow<T>(ref T a, ref T x, ref T c, int k, int n)
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        nuint second = (nuint)Vector<T>.Count,
            offset = 0;
        Vector<T> c0 = Vector.LoadUnsafe(ref c),
            c1 = Vector.LoadUnsafe(ref c, second);
        for (nint i = 0; i < k; i++, offset += (nuint)n)
        {
            var weight = new Vector<T>(Unsafe.Add(ref a, i));
            c0 = Fma(weight, Vector.LoadUnsafe(ref x, offset), c0);
            c1 = Fma(weight, Vector.LoadUnsafe(ref x, offset + second), c1);
        }
        c0.StoreUnsafe(ref c);
        c1.StoreUnsafe(ref c, second);
    }

    private static void FourByTwo<T>(ref T d, int dStride, ref T x, int xStride, int steps, Span<T> g, int k, int n)
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        Vector<T> s00 = default,
            s01 = default,
            s10 = default,
            s11 = default,
            s20 = default,
            s21 = default,
            s30 = default,
            s31 = default;
        var stride = (nuint)n;
        for (var step = 0; step < steps; step++)
        {
            ref var dRow = ref Unsafe.Add(ref d, step * dStride);
            ref var xRow = ref Unsafe.Add(ref x, step * xStride);
            for (nuint i = 0; i < stride; i += (nuint)Vector<T>.Count)
            {
                Vector<T> x0 = Vector.LoadUnsafe(ref xRow, i),
                    x1 = Vector.LoadUnsafe(ref xRow, i + stride);
                var delta = Vector.LoadUnsafe(ref dRow, i);
                s00 = Fma(delta, x0, s00);
                s01 = Fma(delta, x1, s01);
                delta = Vector.LoadUnsafe(ref dRow, i + stride);
                s10 = Fma(delta, x0, s10);
                s11 = Fma(delta, x1, s11);
                delta = Vector.LoadUnsafe(ref dRow, i + 2 * stride);
                s20 = Fma(delta, x0, s20);
                s21 = Fma(delta, x1, s21);
                delta = Vector.LoadUnsafe(ref dRow, i + 3 * stride);
                s30 = Fma(delta, x0, s30);
                s31 = Fma(delta, x1, s31);
            }
        }
        g[0] += Vector.Sum(s00);
        g[1] += Vector.Sum(s01);
        g[k] += Vector.Sum(s10);
        g[k + 1] += Vector.Sum(s11);
        g[2 * k] += Vector.Sum(s20);
        g[2 * k + 1] += Vector.Sum(s21);
        g[3 * k] += Vector.Sum(s30);
        g[3 * k + 1] += Vector.Sum(s31);
    }

    private static T Dot<T>(ref T d, int dStride, ref T x, int xStride, int steps, int n)
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        Vector<T> sum = default;
        for (var step = 0; step < steps; step++)
        for (nuint i = 0; i < (nuint)n; i += (nuint)Vector<T>.Count)
            sum = Fma(Vector.LoadUnsafe(ref Unsafe.Add(ref d, step * dStride), i), Vector.LoadUnsafe(ref Unsafe.Add(ref x, step * xStride), i), sum);
        return Vector.Sum(sum);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector<T> Fma<T>(Vector<T> a, Vector<T> b, Vector<T> c)
        where T : unmanaged =>
        typeof(T) == typeof(float)
            ? Vector.FusedMultiplyAdd(a.As<T, float>(), b.As<T, float>(), c.As<T, float>()).As<float, T>()
            : Vector.FusedMultiplyAdd(a.As<T, double>(), b.As<T, double>(), c.As<T, double>()).As<double, T>();

    private static void Require(bool shapesFit)
    {
        if (!shapesFit)
            throw new ArgumentException("the spans do not hold matrices of the given shapes, or the columns are not padded to whole blocks");
    }
}
