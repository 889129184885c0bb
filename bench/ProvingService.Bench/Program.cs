// Owns: the benchmark host. `-- --filter '*Ntt*'` measures; `-- --once` runs every body once, at its smallest size and by
// the tier in force, in seconds, so that CI sees benchmarks that no longer run.

using System.Reflection;
using BenchmarkDotNet.Attributes;
using BenchmarkDotNet.Running;
using ProvingService.Bench;

if (args is not ["--once"])
{
    BenchmarkSwitcher.FromAssembly(typeof(Program).Assembly).Run(args);
    return;
}

foreach (Type type in typeof(Program).Assembly.GetTypes().Where(t => !t.IsAbstract))
{
    MethodInfo[] bodies = [.. type.GetMethods().Where(m => m.GetCustomAttribute<BenchmarkAttribute>() is not null)];
    if (bodies.Length == 0)
    {
        continue;
    }

    Type[] closed = type.IsGenericTypeDefinition
        ? [.. type.GetCustomAttributes<GenericTypeArgumentsAttribute>().Select(a => type.MakeGenericType(a.GenericTypeArguments))]
        : [type];
    foreach (Type each in closed)
    {
        RunOnce(each, [.. bodies.Select(body => each.GetMethod(body.Name)!)]);
    }
}

static void RunOnce(Type type, MethodInfo[] bodies)
{
    object instance = Activator.CreateInstance(type)!;
    foreach (PropertyInfo property in type.GetProperties())
    {
        if (property.GetCustomAttribute<ParamsAttribute>() is { } values)
        {
            property.SetValue(instance, values.Values.Min());
        }
    }

    foreach (MethodInfo setup in type.GetMethods().Where(m => m.GetCustomAttribute<GlobalSetupAttribute>() is not null))
    {
        setup.Invoke(instance, null);
    }

    foreach (MethodInfo body in bodies)
    {
        body.Invoke(instance, null);
        Console.WriteLine($"{type.Name}<{string.Join(", ", type.GenericTypeArguments.Select(a => a.Name))}>.{body.Name} ran");
    }
}
