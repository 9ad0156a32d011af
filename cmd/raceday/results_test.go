package main

import (
	"archive/zip"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// paperRoster has a minor, whose name is shown by its initials, and a club that is no name of a file.
const paperRoster = `race,bib,chips,name,sex,birth_date,country,club
ten,1,C1,Әлия Ғабитқызы,F,1987-01-02,KAZ,"Жүйрік/Ұлы:1"
ten,2,C2,Қуаныш Өтеген,M,2009-12-31,KAZ,
ten,3,C3,Нұрлан Һәкім,M,1987-01-03,KAZ,
`

const paperReads = `mat,boot,seq,chip,at
line-a,1,1,C1,2026-09-27T09:00:05+05:00
line-a,1,2,C2,2026-09-27T09:00:10+05:00
k5-a,1,1,C1,2026-09-27T09:20:05+05:00
k5-a,1,2,C2,2026-09-27T09:25:10+05:00
line-a,1,3,C1,2026-09-27T09:40:05.001+05:00
line-a,1,4,C2,2026-09-27T09:50:10+05:00
`

// The results of a day leave the server in every form, with every name as it is published and no date of birth.
func TestResultsInEveryForm(t *testing.T) {
	t.Parallel()
	s := serve(t, folder(t))
	dir := t.TempDir()
	command := func(status int, args ...string) (stdout, stderr string) {
		t.Helper()
		return raceday(t, status, append(args, "--server", s.grpc, "--event", "papers")...)
	}
	raceday(t, exitSuccess, "event", "apply", "--server", s.grpc, "testdata/papers.yaml")
	command(exitSuccess, "roster", "import", written(t, "roster.csv", paperRoster))
	command(exitSuccess, "reads", "publish", "--nats-url", s.nats, written(t, "reads.csv", paperReads))
	eventually(t, func() error {
		shown, _ := command(exitSuccess, "standings", "ten")
		if strings.Count(shown, "0:40:06")+strings.Count(shown, "0:50:10") < 2 {
			return errors.New("two have not finished:\n" + shown)
		}
		return nil
	})

	lists := filepath.Join(dir, "results")
	told, _ := command(exitSuccess, "results", "export", "--lists", lists)
	if want := "5 files in " + lists + "\n"; told != want {
		t.Errorf("got %q, want %q", told, want)
	}
	want := map[string]string{
		"lists.csv": "file,race,list,ranked,entrants\nten_club_Жүйрік_Ұлы_1.csv,ten,club/Жүйрік_Ұлы:1,1,1\n" +
			"ten_overall.csv,ten,overall,2,3\nten_sex_F.csv,ten,sex/F,1,1\nten_sex_M.csv,ten,sex/M,1,2\n",
		"ten_overall.csv": "rank,bib,name,country,club,sex,age_group,status,gun,net,penalty,ranked,split:1:k5,pace:1:k5,pace:2:line\n" +
			"1,1,Әлия Ғабитқызы,KAZ,Жүйрік/Ұлы:1,F,,FINISHED,0:40:06,0:40:01,,0:40:06,0:20:00,4:00,4:01\n" +
			"2,2,Қ. Ө.,KAZ,,M,,FINISHED,0:50:10,0:50:00,,0:50:10,0:25:00,5:00,5:00\n" +
			",3,Нұрлан Һәкім,KAZ,,M,,ENTERED,,,,,,,\n",
	}
	entries, err := os.ReadDir(lists)
	if err != nil || len(entries) != 5 {
		t.Errorf("%d files, %v, want 5", len(entries), err)
	}
	for name, content := range want {
		got, err := os.ReadFile(filepath.Join(lists, name))
		if diff := cmp.Diff(content, string(got)); diff != "" || err != nil {
			t.Errorf("%s: %v (-want +got)\n%s", name, err, diff)
		}
	}

	book := filepath.Join(dir, "book.xlsx")
	command(exitSuccess, "results", "export", "--format", "xlsx", "--race", "ten", "--out", book)
	checkSays(t, "the workbook", unzipped(t, book), "Әлия Ғабитқызы", "Қ. Ө.", "0:40:06", "4:01")
	sheet := filepath.Join(dir, "sheet.pdf")
	command(exitSuccess, "results", "sheet", "ten", "sex/M", "--out", sheet)
	checkSays(t, "the sheet", pdfText(t, sheet), "Алматы жарысы", "Он километр", "List sex/M, by net time", "Қ. Ө.", "0:50:00", "Page 1 of 1")
	certificate := filepath.Join(dir, "certificate.pdf")
	command(exitSuccess, "results", "certificate", "1", "--out", certificate)
	checkSays(t, "the certificate", pdfText(t, certificate), "Әлия Ғабитқызы", "0:40:06", "Net 0:40:01", "4:01")

	if paper, _ := command(exitSuccess, "results", "sheet", "ten"); !strings.HasPrefix(paper, "%PDF-") {
		t.Errorf("a sheet on the standard output begins with %.20q", paper)
	}
	for _, c := range []struct {
		status int
		want   string
		args   []string
	}{
		{exitFailure, "RACE_NOT_FOUND", []string{"sheet", "walk", "--out", filepath.Join(dir, "none")}},
		{exitFailure, "LIST_NOT_FOUND", []string{"sheet", "ten", "x", "--out", filepath.Join(dir, "none")}},
		{exitFailure, "NOT_FINISHED", []string{"certificate", "3", "--out", filepath.Join(dir, "none")}},
		{exitFailure, "ENTRANT_NOT_FOUND", []string{"certificate", "9", "--out", filepath.Join(dir, "none")}},
		{exitFailure, "RACE_NOT_FOUND", []string{"export", "--lists", filepath.Join(dir, "none"), "--race", "walk"}},
		{exitUsage, "leave out --format", []string{"export", "--lists", dir, "--format", "xlsx"}},
		{exitUsage, "whole event", []string{"export", "--race", "ten"}},
	} {
		if _, stderr := command(c.status, append([]string{"results"}, c.args...)...); !strings.Contains(stderr, c.want) {
			t.Errorf("%q: %q, want %q", c.args, stderr, c.want)
		}
	}
	if left, _ := filepath.Glob(filepath.Join(dir, "none*")); len(left) > 0 {
		t.Errorf("what failed left %q", left)
	}
}

func TestFilesFromAServerStayInTheirFolder(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"", ".", "..", "../a.csv", "a/b.csv", "/a.csv", ".a.csv", "a.csv.sh", "a"} {
		files := incoming{dir: t.TempDir()}
		if err := files.take(name, []byte("x")); err == nil {
			t.Errorf("a file named %q is taken", name)
		}
	}
}

func TestAnExportThatFailsKeepsTheFilesOfTheOneBefore(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	take := func(content string, failure error) error {
		files := incoming{dir: dir}
		for _, name := range []string{"a.csv", "b.csv"} {
			if err := files.take(name, []byte(content)); err != nil {
				t.Fatal(err)
			}
		}
		return files.end(failure)
	}
	if err := take("first", nil); err != nil {
		t.Fatal(err)
	}
	broken := errors.New("the line is cut")
	if err := take("second", broken); !errors.Is(err, broken) {
		t.Errorf("got %v, want %v", err, broken)
	}
	entries, err := os.ReadDir(dir)
	if err != nil || len(entries) != 2 {
		t.Errorf("%d files, %v, want 2", len(entries), err)
	}
	if got, err := os.ReadFile(filepath.Join(dir, "b.csv")); string(got) != "first" || err != nil {
		t.Errorf("b.csv holds %q, %v", got, err)
	}
}

// checkSays compares text with what it should hold; nobody's date of birth.
func checkSays(t *testing.T, what, text string, want ...string) {
	t.Helper()
	for _, part := range want {
		if !strings.Contains(text, part) {
			t.Errorf("%s does not say %q:\n%.2000s", what, part, text)
		}
	}
	for _, birth := range []string{"1987-", "2009-12", "Қуаныш"} {
		if strings.Contains(text, birth) {
			t.Errorf("%s says %q", what, birth)
		}
	}
}

// unzipped returns what the files of an archive hold.
func unzipped(t *testing.T, path string) string {
	t.Helper()
	archive, err := zip.OpenReader(path)
	if err != nil {
		t.Fatal(err)
	}
	defer archive.Close()
	var text strings.Builder
	for _, f := range archive.File {
		content, err := f.Open()
		if err != nil {
			t.Fatal(err)
		}
		if _, err := io.Copy(&text, content); err != nil {
			t.Fatal(err)
		}
	}
	return text.String()
}

// pdfText returns what pdftotext reads. Where that is missing it skips the test, or fails it where CI is true.
func pdfText(t *testing.T, path string) string {
	t.Helper()
	text, err := exec.CommandContext(t.Context(), "pdftotext", "-layout", path, "-").Output()
	switch {
	case errors.Is(err, exec.ErrNotFound) && os.Getenv("CI") != "true":
		t.Skip("pdftotext is missing: install poppler-utils")
	case err != nil:
		t.Fatalf("pdftotext (of poppler-utils): %v", err)
	}
	return string(text)
}
