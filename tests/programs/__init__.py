"""Random programs: apps with getters that no person would write, to compare in process, evaluated and on Flink.

    domain      the models, stores and helpers that all programs share
    expressions writes typed expressions           [(x.age or 0) for x in self.store.staff.values() if x.active]
    getters     writes typed statements and whole apps from a seed
    modules     random and mutated modules, of no type at all, which only have to be survived
    shrink      makes a program small that shows something
    check       compiles a program and compares both sides on random histories

`python -m tests.programs --help` runs as many as wanted.
"""
