package main

import (
	"encoding/json"
	"slices"
)

// condition is one entry of a step's "when", as the Task has it.
type condition struct {
	Input    string   `json:"input"`
	Operator string   `json:"operator"`
	Values   []string `json:"values"`
}

func conditions(into *[]condition) func(string) error {
	return func(text string) error { return json.Unmarshal([]byte(text), into) }
}

// isWanted tells whether the step is to run: whether every condition holds.
func (s *step) isWanted() bool {
	for _, one := range s.when {
		if slices.Contains(one.Values, one.Input) != (one.Operator == "in") {
			return false
		}
	}
	return true
}

// replaceWhen puts the results of earlier steps into the conditions.
func (s *step) replaceWhen() error {
	for index, one := range s.when {
		values, err := s.replaceAll(one.Values)
		if err != nil {
			return err
		}
		input, err := s.replace(one.Input)
		if err != nil {
			return err
		}
		s.when[index] = condition{input, one.Operator, values}
	}
	return nil
}
