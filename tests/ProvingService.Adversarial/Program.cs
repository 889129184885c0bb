// Owns: the generator's command line. What it generates: Vectors/.

using System.CommandLine;
using ProvingService.Adversarial;
using ProvingService.Algebra;
using ProvingService.TestKit;

var folder = new Argument<string>("FOLDER")
{
    Description = "Where the vectors go; those of the repository by default.",
    DefaultValueFactory = _ => TestVectors.FullPath("groth16-adversarial"),
};
var generate = new Command("generate", "Writes all vectors of both curves anew, byte for byte the same each time.") { folder };
generate.SetAction(parsed =>
{
    foreach (CurveId curve in (CurveId[])[CurveId.Bn254, CurveId.Bls12381])
    {
        AllVectors all = AllVectors.Build(curve);
        all.Write(parsed.GetRequiredValue(folder));
        foreach (VectorFile file in (VectorFile[])[.. all.Files, all.Transcripts.File])
        {
            Console.WriteLine($"{curve.Name()}/{file.Kind}: {file.Count} cases");
        }
    }
});

var judge = new Command("judge", "Prints what this project makes of each vector, in the runners' form; exit code 1 where an answer is wrong.") { folder };
judge.SetAction(parsed =>
{
    int wrong = 0;
    Console.WriteLine(HouseReport.Make(parsed.GetRequiredValue(folder), (name, test, answer) =>
    {
        if (!answer.Outcome.StartsWith("inexpressible", StringComparison.Ordinal) && answer.IsYes != (test.GetProperty("verdict").GetString() == "accept"))
        {
            wrong++;
            Console.Error.WriteLine($"{name}: {answer.Outcome}; the verdict is {test.GetProperty("verdict").GetString()}.");
        }
    }));
    return wrong == 0 ? 0 : 1;
});

var output = new Option<string>("--output", "-o") { Description = "The archive to be.", DefaultValueFactory = _ => Archive.Name + ".tar.gz" };
var archive = new Command("archive", "Packs the vectors for a release: a .tar.gz that is the same byte for byte each time.") { folder, output };
archive.SetAction(parsed =>
{
    string path = parsed.GetRequiredValue(output);
    Archive.Write(parsed.GetRequiredValue(folder), RepositoryFiles.Path("LICENSE"), path);
    Console.WriteLine($"{path}: {new FileInfo(path).Length} bytes");
});
return new RootCommand("Vectors against verifiers of Groth16.") { generate, judge, archive }.Parse(args).Invoke();
