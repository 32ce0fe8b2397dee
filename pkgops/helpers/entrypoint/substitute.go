package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
)

// What a step may say in its command, arguments and environment: a result of a step before it.
var (
	stepReference  = regexp.MustCompile(`\$\(steps\.([^.)]+)\.results\.([^.)\[]+)(?:\[([0-9]+)\]|\.([^.)]+))?\)`)
	wholeReference = regexp.MustCompile(`\$\(steps\.([^.)]+)\.results\.([^.)\[]+)\[\*\]\)`)
)

var errNotAlone = errors.New(`value must be in "$(steps.<step-name>.results.<result-name>[*])" format, when using array results`)

// substitute puts the results of earlier steps into the program's arguments, environment and conditions. One
// that cannot be read leaves everything as it is, as in Tekton.
func (s *step) substitute() error {
	if err := s.replaceWhen(); err != nil {
		return err
	}
	command, err := s.replaceAll(append([]string{s.entrypoint}, s.args...))
	if err != nil {
		return err
	}
	for _, variable := range os.Environ() {
		name, value, _ := strings.Cut(variable, "=")
		if !stepReference.MatchString(value) && !wholeReference.MatchString(value) {
			continue
		}
		text, err := s.replace(value)
		if err != nil {
			return err
		}
		if err := os.Setenv(name, text); err != nil {
			return err
		}
	}
	if len(command) > 0 {
		s.entrypoint, s.args = command[0], command[1:]
	}
	return nil
}

func (s *step) replaceAll(words []string) ([]string, error) {
	var replaced []string
	for _, word := range words {
		found, err := s.replaceItem(word)
		if err != nil {
			return nil, err
		}
		replaced = append(replaced, found...)
	}
	return replaced, nil
}

// replaceItem returns what stands for an argument: all items of an array if it is a reference to those.
func (s *step) replaceItem(word string) ([]string, error) {
	match := wholeReference.FindStringSubmatch(word)
	if match == nil {
		text, err := s.replace(word)
		return []string{text}, err
	}
	if word != match[0] {
		return nil, errNotAlone
	}
	content, err := s.read(match)
	if err != nil {
		return nil, err
	}
	return items(content)
}

// replace returns a text with its references replaced; those to all of an array are empty in a text.
func (s *step) replace(text string) (string, error) {
	text = wholeReference.ReplaceAllString(text, "")
	for _, match := range stepReference.FindAllStringSubmatch(text, -1) {
		content, err := s.read(match)
		if err != nil {
			return "", err
		}
		value, err := one(content, match[3], match[4])
		if err != nil {
			return "", fmt.Errorf("%s: %w", match[0], err)
		}
		text = strings.ReplaceAll(text, match[0], value)
	}
	return text, nil
}

func (s *step) read(match []string) ([]byte, error) {
	return os.ReadFile(filepath.Join(s.stepsDir, "step-"+match[1], "results", match[2]))
}

func items(content []byte) ([]string, error) {
	var found []string
	err := json.Unmarshal(content, &found)
	return found, err
}

// one returns a result as text, or one item of an array, or the value of one key of an object.
func one(content []byte, index, key string) (string, error) {
	switch {
	case index != "":
		found, err := items(content)
		if err != nil {
			return "", err
		}
		position, err := strconv.Atoi(index)
		if err != nil || position >= len(found) {
			return "", fmt.Errorf("the result has %d items", len(found))
		}
		return found[position], nil
	case key != "":
		var found map[string]string
		err := json.Unmarshal(content, &found)
		return found[key], err
	}
	return string(content), nil
}
