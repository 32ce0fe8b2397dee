package main

import (
	"os"
	"path/filepath"
	"sort"
	"strings"
)

// applyLayer puts a layer's programs and libraries on the paths and applies its env folders,
// as the buildpack specification says for launch.
func applyLayer(layer string) error {
	prepend("PATH", filepath.Join(layer, "bin"))
	prepend("LD_LIBRARY_PATH", filepath.Join(layer, "lib"))
	for _, folder := range []string{"env", "env.launch"} {
		if err := applyFolder(filepath.Join(layer, folder)); err != nil {
			return err
		}
	}
	return nil
}

func prepend(name, folder string) {
	if found, err := os.Stat(folder); err == nil && found.IsDir() {
		os.Setenv(name, join(folder, os.Getenv(name), ":"))
	}
}

func applyFolder(folder string) error {
	entries, err := os.ReadDir(folder)
	if os.IsNotExist(err) {
		return nil
	}
	if err != nil {
		return err
	}
	sort.Slice(entries, func(i, j int) bool { return entries[i].Name() < entries[j].Name() })
	for _, entry := range entries {
		if entry.IsDir() {
			continue
		}
		text, err := os.ReadFile(filepath.Join(folder, entry.Name()))
		if err != nil {
			return err
		}
		applyFile(folder, entry.Name(), string(text))
	}
	return nil
}

func applyFile(folder, file, value string) {
	name, action, _ := strings.Cut(file, ".")
	before, set := os.LookupEnv(name)
	switch action {
	case "default":
		if !set {
			os.Setenv(name, value)
		}
	case "append":
		os.Setenv(name, join(before, value, delimiter(folder, name)))
	case "prepend":
		os.Setenv(name, join(value, before, delimiter(folder, name)))
	case "", "override":
		os.Setenv(name, value)
	}
}

func delimiter(folder, name string) string {
	text, _ := os.ReadFile(filepath.Join(folder, name+".delim"))
	return string(text)
}

func join(first, second, delimiter string) string {
	if first == "" || second == "" {
		return first + second
	}
	return first + delimiter + second
}
